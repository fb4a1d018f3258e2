import { type TwimlElement, twimlFault } from './tree.ts'

/** What a document is read with. */
export interface TwimlSource {
  /** Where it comes from: addresses in it are relative to that, and an `action` that is not given is that. */
  readonly url: string
  /** Whether the speech program has such a voice or language. */
  hasVoice(voice: string): boolean
  /** Why no speech is understood here; undefined: it is. */
  readonly deafBecause?: string | undefined
  /** Whether there is a model that understands what is said in this language alone. */
  hearsLanguage?(language: string): boolean
}

/** A document while it is read. */
export class Reading {
  readonly source: TwimlSource
  /** What was passed over, for people. */
  readonly warnings: string[] = []

  constructor(source: TwimlSource) {
    this.source = source
  }

  warn(element: TwimlElement, what: string): void {
    // A document of thousands of faults must not fill the log.
    if (this.warnings.length < mostWarnings) {
      this.warnings.push(`line ${element.line}: ${element.name}: ${what}`)
    }
  }

  /** An address in the document, whole. Failure of `twimlFault`. */
  address(element: TwimlElement, text: string): string {
    const url = URL.parse(text.trim(), this.source.url)
    if (url === null) throw twimlFault(element, `${element.name}: ${text.slice(0, 80)} is no URL`)
    return url.href
  }
}

const mostWarnings = 50

/** Names of attributes: those that are read, and those that are known and do nothing here. */
export interface Known {
  readonly read: readonly string[]
  readonly idle?: readonly string[]
}

/** Tells of the attributes that do nothing. */
export function warnOfAttributes(element: TwimlElement, known: Known, reading: Reading): void {
  for (const name of element.attributes.keys()) {
    if (known.read.includes(name)) continue
    const what = known.idle?.includes(name) ? 'has no effect here' : 'is not known, left out'
    reading.warn(element, `attribute ${name} ${what}`)
  }
}

/** A whole number within bounds; undefined, with a warning, for anything else. */
export function integer(
  element: TwimlElement,
  name: string,
  reading: Reading,
  [least, most]: readonly [number, number],
): number | undefined {
  const text = element.attributes.get(name)?.trim()
  if (text === undefined) return undefined
  const value = Number(text)
  if (/^\d{1,9}$/.test(text) && value >= least && value <= most) return value
  reading.warn(element, `${name} must be ${least} to ${most}, left out`)
  return undefined
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  false: false,
  '0': false,
}

export function flag(element: TwimlElement, name: string, reading: Reading): boolean | undefined {
  const text = element.attributes.get(name)?.trim().toLowerCase()
  if (text === undefined) return undefined
  const value = Object.hasOwn(truths, text) ? truths[text] : undefined
  if (value === undefined) reading.warn(element, `${name} must be true or false, left out`)
  return value
}

export function method(
  element: TwimlElement,
  name: string,
  reading: Reading,
): 'GET' | 'POST' | undefined {
  const text = element.attributes.get(name)?.trim().toUpperCase()
  if (text === undefined || text === 'GET' || text === 'POST') return text
  reading.warn(element, `${name} must be GET or POST, left out`)
  return undefined
}

export function address(element: TwimlElement, name: string, reading: Reading): string | undefined {
  const text = element.attributes.get(name)
  return text === undefined || text.trim() === '' ? undefined : reading.address(element, text)
}

/** `action` and `method`; `orHere`: without it the document itself is asked again. */
export function onwards(element: TwimlElement, reading: Reading, orHere = false) {
  const action = address(element, 'action', reading) ?? (orHere ? reading.source.url : undefined)
  const by = method(element, 'method', reading)
  return { ...given('action', action), ...(action !== undefined && given('method', by)) }
}

/** A field that is there when it has a value. */
export const given = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [Key in Name]?: Value } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [Key in Name]?: Value }

export const msOf = (seconds: number | undefined): number | undefined =>
  seconds === undefined ? undefined : seconds * 1_000
