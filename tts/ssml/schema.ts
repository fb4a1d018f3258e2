import { ssmlFault, type XmlElement } from './xml.ts'

/**
 * What stands where in SSML 1.1 (W3C, sections 3 and appendix of element models), and which values its attributes
 * have. Elements of others are let through, with what is in them; where they stand says nothing.
 */
type Content = 'blocks' | 'sentences' | 'words' | 'text' | 'nothing' | 'anything'

interface ElementRule {
  readonly content: Content
  /** Only these may be around it; default: all whose content it belongs to. */
  readonly within?: readonly string[]
  readonly attributes?: Readonly<Record<string, AttributeRule>>
}

interface AttributeRule {
  readonly required?: boolean
  readonly fits: (value: string) => boolean
  /** For people: what it may be. */
  readonly says: string
}

const oneOf = (...values: readonly string[]): AttributeRule => ({
  fits: (value) => values.includes(value),
  says: values.join(', '),
})
const shaped = (shape: RegExp, says: string): AttributeRule => ({
  fits: (value) => shape.test(value.trim()),
  says,
})
const required = (rule: AttributeRule): AttributeRule => ({ ...rule, required: true })
const anything: AttributeRule = { fits: () => true, says: 'anything' }
const something: AttributeRule = { fits: (value) => value.trim() !== '', says: 'not empty' }

const time = shaped(
  /^\+?(?:\d{1,7}(?:\.\d{0,6})?|\.\d{1,6})(?:ms|s)$/i,
  'a time such as 500ms or 1.5s',
)
const number = String.raw`\d{1,4}(?:\.\d{0,4})?|\.\d{1,4}`
const rate = shaped(
  new RegExp(`^(?:x-slow|slow|medium|fast|x-fast|default|[+-]?(?:${number})%|${number})$`),
  'x-slow, slow, medium, fast, x-fast, default, a percentage or a factor',
)
const pitch = shaped(
  new RegExp(`^(?:x-low|low|medium|high|x-high|default|[+-]?(?:${number})(?:%|st|Hz))$`, 'i'),
  'x-low, low, medium, high, x-high, default, a percentage, semitones (+2st) or Hz',
)
const volume = shaped(
  new RegExp(
    `^(?:silent|x-soft|soft|medium|loud|x-loud|default|[+-]?(?:${number})(?:%|dB)?)$`,
    'i',
  ),
  'silent, x-soft, soft, medium, loud, x-loud, default, decibels (-6dB), a percentage or 0 to 100',
)
const language = shaped(/^[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*$/, 'a language tag such as en-US')

const rules: ReadonlyMap<string, ElementRule> = new Map<string, ElementRule>([
  ['speak', { content: 'blocks', within: [] }],
  ['p', { content: 'sentences' }],
  ['s', { content: 'words' }],
  [
    'break',
    {
      content: 'nothing',
      attributes: {
        time,
        strength: oneOf('none', 'x-weak', 'weak', 'medium', 'strong', 'x-strong'),
      },
    },
  ],
  ['prosody', { content: 'blocks', attributes: { rate, pitch, volume } }],
  [
    'emphasis',
    { content: 'words', attributes: { level: oneOf('strong', 'moderate', 'none', 'reduced') } },
  ],
  ['say-as', { content: 'text', attributes: { 'interpret-as': required(something) } }],
  ['sub', { content: 'text', attributes: { alias: required(anything) } }],
  ['phoneme', { content: 'text', attributes: { ph: required(something) } }],
  ['lang', { content: 'blocks', attributes: { 'xml:lang': required(language) } }],
  [
    'voice',
    {
      content: 'blocks',
      attributes: {
        gender: oneOf('male', 'female', 'neutral', ''),
        age: shaped(/^\d{0,3}$/, 'a number of years'),
        variant: shaped(/^\d{0,4}$/, 'a whole number'),
      },
    },
  ],
  ['audio', { content: 'blocks' }],
  ['desc', { content: 'text', within: ['audio'] }],
  ['w', { content: 'words' }],
  ['token', { content: 'words' }],
  ['mark', { content: 'nothing', attributes: { name: required(something) } }],
  ['meta', { content: 'nothing', within: ['speak'] }],
  ['metadata', { content: 'anything', within: ['speak'] }],
  ['lexicon', { content: 'anything', within: ['speak'] }],
  ['lookup', { content: 'blocks' }],
])

/** Elements of our own that something is around, from the outermost on. */
export type Around = readonly string[]

/**
 * Whether the element may stand there, with these attributes; true: it is one of SSML's.
 * @throws Failure of `ssmlFault`.
 */
export function checkElement(name: string, element: XmlElement, around: Around): boolean {
  const rule = rules.get(name)
  const parent = around.at(-1)
  if (!rule) return false
  if (rule.within && parent !== undefined && !rule.within.includes(parent)) {
    const where = rule.within.length === 0 ? 'around it all' : `in ${rule.within.join(', ')}`
    throw ssmlFault(element, `${name} may stand only ${where}`)
  }
  checkBlocks(name, element, around)
  checkContent(name, rule.content, element)
  checkAttributes(name, rule, element)
  return true
}

/** Paragraphs hold sentences, sentences words, however deep these are. */
function checkBlocks(name: string, element: XmlElement, around: Around): void {
  if (name !== 'p' && name !== 's') return
  const holder = around.findLast((outer) => {
    const content = rules.get(outer)?.content
    return content === 'words' || (name === 'p' && content === 'sentences')
  })
  if (holder !== undefined) throw ssmlFault(element, `${name} may not stand in ${holder}`)
}

function checkContent(name: string, content: Content, { children, ...element }: XmlElement): void {
  const inner = children.find((child) => typeof child !== 'string')
  if (content === 'text' && inner) {
    throw ssmlFault(inner, `${name} may have only text in it, no ${inner.name}`)
  }
  const hasText = children.some((child) => typeof child === 'string' && child.trim() !== '')
  if (content === 'nothing' && (inner || hasText)) {
    throw ssmlFault(element, `${name} may have nothing in it`)
  }
}

function checkAttributes(
  name: string,
  { attributes = {} }: ElementRule,
  element: XmlElement,
): void {
  for (const [attribute, rule] of Object.entries(attributes)) {
    const value = element.attributes.get(attribute)
    if (value === undefined) {
      if (rule.required) throw ssmlFault(element, `${name} has no ${attribute}`)
    } else if (!rule.fits(value)) {
      throw ssmlFault(element, `${attribute} of ${name} has to be ${rule.says}`)
    }
  }
  const tag = element.attributes.get('xml:lang')
  if (tag !== undefined && !language.fits(tag)) {
    throw ssmlFault(element, `xml:lang of ${name} has to be ${language.says}`)
  }
}
