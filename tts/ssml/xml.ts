import { SaxesParser } from 'saxes'
import { Failure } from '../../engine/core/failures.ts'

/** The only file that knows the XML parser. */
export interface XmlElement {
  /** As written, with its prefix if it has one. */
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly XmlNode[]
  /** Where its start tag ends; both count from 1. */
  readonly line: number
  readonly column: number
}
export type XmlNode = string | XmlElement

const MAX_DEPTH = 32
const MAX_REASON_CHARACTERS = 120
const HAS_SPEAK = /<(?:[\w.-]+:)?speak[\s/>]/
const BARE_AMPERSAND = /&(?!#?\w+;)/

/** Failure `invalid_request` on field `text`, for people who look for the place. */
export function ssmlFault(at: Pick<XmlElement, 'line' | 'column'>, why: string): Failure {
  const where = `line ${at.line}, column ${at.column}`
  const reason = why.slice(0, MAX_REASON_CHARACTERS)
  return new Failure('invalid_request', `SSML fault in ${where}: ${reason}`, 'text')
}

/**
 * Reads well-formed XML; without a `speak` element around it all, one is put there. There are no entities
 * but the five of XML and numeric ones: a document type is refused, and nothing is ever fetched.
 * @throws Failure of `ssmlFault`.
 */
export function readXml(document: string): XmlElement {
  // A fragment may have text and several elements at its top; a document has `speak` alone.
  const fragment = !HAS_SPEAK.test(document)
  const parser = new SaxesParser({ fragment, position: true })
  const top = {
    name: 'speak',
    attributes: new Map(),
    children: [] as XmlNode[],
    line: 1,
    column: 1,
  }
  const open = [top]
  const innermost = () => open.at(-1) ?? top

  parser.on('error', ({ message }) => {
    throw faultOf(message, parser, document)
  })
  parser.on('doctype', () => {
    throw ssmlFault(parser, 'a document type declaration is not accepted')
  })
  parser.on('text', (text) => void innermost().children.push(text))
  parser.on('cdata', (text) => void innermost().children.push(text))
  parser.on('opentag', ({ name, attributes }) => {
    if (open.length > MAX_DEPTH) {
      throw ssmlFault(parser, `elements are nested deeper than ${MAX_DEPTH} levels`)
    }
    const { line, column } = parser
    const entries = new Map(Object.entries(attributes))
    const element = { name, attributes: entries, children: [], line, column }
    innermost().children.push(element)
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  parser.write(document).close()
  return fragment ? top : rootOf(top)
}

const rootOf = (top: XmlElement): XmlElement =>
  top.children.find((child) => typeof child !== 'string') ?? top

/** The parser begins its messages with the place. It notices a bare `&` only at the document's end. */
function faultOf(
  message: string,
  place: Pick<XmlElement, 'line' | 'column'>,
  document: string,
): Failure {
  const isAtEnd = /unclosed tag|unexpected end/.test(message) && !document.includes('<!')
  const ampersand = isAtEnd ? BARE_AMPERSAND.exec(document) : null
  if (!ampersand) return ssmlFault(place, message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''))
  const lines = document.slice(0, ampersand.index).split(/\r\n|\r|\n/)
  const at = { line: lines.length, column: (lines.at(-1) ?? '').length + 1 }
  return ssmlFault(at, 'an & stands alone (write &amp;)')
}
