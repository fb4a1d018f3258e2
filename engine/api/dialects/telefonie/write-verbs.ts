import { writeConferenceVerb } from '../../../app/conferences/verb-shape.ts'
import type { GatherVerb, Verb } from '../../../core/verbs.ts'

/** Verbs as a document again: the reverse of `readVerbs`. */
export const writeVerbs = (verbs: readonly Verb[]): unknown[] => verbs.map(writeVerb)

function writeVerb(verb: Verb): Record<string, unknown> {
  switch (verb.verb) {
    case 'gather':
      return writeGather(verb)
    case 'dial': {
      const { timeoutMs, ...rest } = verb
      return { ...rest, ...inSeconds('timeout', timeoutMs) }
    }
    case 'conference':
      return writeConferenceVerb(verb)
    case 'pause':
      return { verb: 'pause', length: verb.durationMs / 1000 }
    case 'sendDigits':
      return { verb: 'send_digits', digits: verb.digits }
    case 'reject':
      return { verb: 'reject', ...given('sip_status', verb.sipStatus) }
    default:
      return { ...verb }
  }
}

function writeGather(verb: GatherVerb): Record<string, unknown> {
  const { numDigits, finishOnKey, timeoutMs, branches, ...rest } = verb
  const written = Object.entries(branches ?? {}).map(([key, then]) => [key, writeVerbs(then)])
  return {
    ...rest,
    ...given('num_digits', numDigits),
    ...given('finish_on_key', finishOnKey),
    ...inSeconds('timeout', timeoutMs),
    ...given('branches', branches && Object.fromEntries(written)),
  }
}

const given = (name: string, value: unknown) => (value === undefined ? {} : { [name]: value })

const inSeconds = (name: string, valueMs: number | undefined) =>
  valueMs === undefined ? {} : { [name]: valueMs / 1000 }
