import { SaxesParser } from 'saxes'
import { Failure } from '../../core/failures.ts'

export interface TwimlElement {
  readonly name: string
  readonly attributes: ReadonlyMap<string, string>
  readonly children: readonly TwimlNode[]
  /** Where its start tag ends; both count from 1. */
  readonly line: number
  readonly column: number
}
export type TwimlNode = string | TwimlElement

export const maxDocumentBytes = 256 * 1024
const maxDepth = 16
const maxElements = 2_000
/** Of one element: reading takes time by their square. */
const maxAttributes = 64
const maxReasonCharacters = 160
const bareAmpersand = /&(?!#?\w+;)/

/** Failure `invalid_request` on field `twiml`, for people who look for the place. */
export function twimlFault(at: Pick<TwimlElement, 'line' | 'column'>, why: string): Failure {
  const where = `line ${at.line}, column ${at.column}`
  const reason = why.slice(0, maxReasonCharacters)
  return new Failure('invalid_request', `TwiML fault in ${where}: ${reason}`, 'twiml')
}

interface Growing extends TwimlElement {
  readonly children: TwimlNode[]
}

const place = ({ line, column }: { line: number; column: number }) => ({ line, column })

/**
 * Reads a document as a tree. There are no entities but the five of XML and numeric ones: a document type is refused,
 * and nothing is ever fetched.
 * @throws Failure of `twimlFault`.
 */
export function readTree(document: string): TwimlElement {
  const start = { line: 1, column: 1 }
  if (Buffer.byteLength(document) > maxDocumentBytes) {
    throw twimlFault(start, `the document is longer than ${maxDocumentBytes} bytes`)
  }
  const parser = new SaxesParser({ position: true })
  const top: Growing = { name: '', attributes: new Map(), children: [], ...start }
  const open = [top]
  let elements = 0
  const add = (node: TwimlNode): void => void (open.at(-1) ?? top).children.push(node)
  parser.on('error', ({ message }) => {
    throw faultOf(message, place(parser), document)
  })
  parser.on('doctype', () => {
    throw twimlFault(parser, 'a document type declaration is not accepted')
  })
  parser.on('text', add)
  parser.on('cdata', add)
  let attributesHere = 0
  parser.on('opentagstart', () => {
    attributesHere = 0
  })
  parser.on('attribute', () => {
    attributesHere += 1
    if (attributesHere <= maxAttributes) return
    throw twimlFault(parser, `more than ${maxAttributes} attributes`)
  })
  parser.on('opentag', ({ name, attributes }) => {
    elements += 1
    if (open.length > maxDepth) {
      throw twimlFault(parser, `elements are nested deeper than ${maxDepth} levels`)
    }
    if (elements > maxElements) throw twimlFault(parser, `more than ${maxElements} elements`)
    const entries = new Map(Object.entries(attributes))
    const element: Growing = { name, attributes: entries, children: [], ...place(parser) }
    add(element)
    open.push(element)
  })
  parser.on('closetag', () => void open.pop())
  // A mark of the byte order is no part of the document.
  parser.write(document.replace(/^\uFEFF/, '').trimStart()).close()
  return top.children.find((child) => typeof child !== 'string') ?? top
}

/** The parser begins its messages with the place. It notices a bare `&` only at the document's end. */
function faultOf(
  message: string,
  at: Pick<TwimlElement, 'line' | 'column'>,
  document: string,
): Failure {
  const isAtEnd = /unclosed tag|unexpected end/.test(message) && !document.includes('<!')
  const ampersand = isAtEnd ? bareAmpersand.exec(document) : null
  if (!ampersand) return twimlFault(at, message.replace(/^\d+:\d+: /, '').replace(/\.$/, ''))
  const lines = document.slice(0, ampersand.index).split(/\r\n|\r|\n/)
  const column = (lines.at(-1) ?? '').length + 1
  return twimlFault({ line: lines.length, column }, 'an & stands alone (write &amp;)')
}

/** The text in an element and in all that is in it, without the spaces around it. */
export function textOf(element: TwimlElement): string {
  return allText(element).trim()
}

function allText({ children }: TwimlElement): string {
  return children.map((child) => (typeof child === 'string' ? child : allText(child))).join('')
}

export const elementsOf = ({ children }: TwimlElement): TwimlElement[] =>
  children.filter((child) => typeof child !== 'string')

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}
const escaped = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? sign)

/** What is in an element, as XML again. */
export const innerXml = ({ children }: TwimlElement): string => children.map(xmlOf).join('')

function xmlOf(node: TwimlNode): string {
  if (typeof node === 'string') return escaped(node)
  const attributes = [...node.attributes].map(([name, value]) => ` ${name}="${escaped(value)}"`)
  return `<${node.name}${attributes.join('')}>${innerXml(node)}</${node.name}>`
}
