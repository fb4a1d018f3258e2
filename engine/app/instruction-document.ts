import { Failure } from '../core/failures.ts'
import type { InstructionAnswer } from '../core/ports/web.ts'
import type { Verb } from '../core/verbs.ts'
import { readTwiml } from './twiml/index.ts'
import type { TwimlSource } from './twiml/reading.ts'
import { type AddressMap, mapAddresses } from './verb-addresses.ts'
import { readVerbs } from './verb-document.ts'

const xmlType = /^(?:text|application)\/(?:[\w.-]+\+)?xml$/

/**
 * What an application has answered: TwiML by its content type or when it begins with `<`, else JSON. Addresses in it
 * may be relative to its own. Failure
 * `invalid_request` for a document with a fault, and where it is; `invalid_json` for what is neither.
 */
export function readInstructions(
  { url, type, text }: InstructionAnswer,
  here: Omit<TwimlSource, 'url'>,
): {
  readonly verbs: readonly Verb[]
  readonly isTwiml: boolean
  /** What was passed over in it, for people. */
  readonly warnings: readonly string[]
} {
  const body = text.replace(/^\uFEFF/, '').trim()
  if (body.startsWith('<') || (xmlType.test(type) && body !== '')) {
    return { ...readTwiml(body, { url, ...here }), isTwiml: true }
  }
  const verbs = readVerbs(jsonOf(body)).map((verb) => mapAddresses(verb, relativeTo(url)))
  return { verbs, isTwiml: false, warnings: [] }
}

/** As links of a page; what is no address at all is refused when it is asked. */
function relativeTo(base: string): AddressMap {
  const whole = (url: string): string =>
    URL.canParse(url) ? url : (URL.parse(url, base)?.href ?? url)
  return { asked: whole, sound: whole, dialled: (url) => whole(url).replace(/^http/, 'ws') }
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch (error) {
    const why = body === '' ? 'an empty answer' : 'an answer that is neither JSON nor TwiML'
    throw new Failure('invalid_json', `the application gave ${why}`, undefined, { cause: error })
  }
}
