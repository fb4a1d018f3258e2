import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Failure } from '../core/failures.ts'
import { faultWords } from '../core/fault-words.ts'
import { checkExtraHeaders } from '../core/sip-headers.ts'
import type { StreamVerb } from '../core/stream-verbs.ts'
import type { DialVerb, GatherVerb, Verb } from '../core/verbs.ts'
import { readActionVerb } from './actions/verb-shape.ts'
import { readConferenceVerb } from './conferences/verb-shape.ts'
import { readEnqueueVerb } from './queues/verb-shape.ts'
import { dialledWish } from './streams/wish.ts'
import { fromDocument } from './verb-names.ts'
import { verbShapes as shapes, verbsSchema } from './verb-schema.ts'
import { readDetection } from './verb-shapes/machine-detection.ts'

/**
 * The JSON document that tells a call what to do: a list of verbs, as an application returns it from its
 * `url`, as a number's route or as `verbs` of a new call. Durations are seconds there and milliseconds
 * behind `readVerbs`. Unknown verbs and fields are refused, not skipped: a typo must not be silence.
 */
type VerbsDocument = Static<typeof verbsSchema>
type VerbDocument = VerbsDocument[number]

const maxDepth = 40

/** Before anything recursive reads it. */
function isDeeperThan(limit: number, json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return false
  return limit === 0 || Object.values(json).some((value) => isDeeperThan(limit - 1, value))
}

const compiled = Compile(verbsSchema)

/** Reads the document. Failure `invalid_request` naming the first fault and where it is. */
export function readVerbs(json: unknown): readonly Verb[] {
  if (isDeeperThan(maxDepth, json)) {
    throw new Failure('invalid_request', `verbs: nested deeper than ${maxDepth} levels`, 'verbs')
  }
  if (!compiled.Check(json)) throw new Failure('invalid_request', faultOf(json, 'verbs'), 'verbs')
  return (json as VerbsDocument).map(toVerb)
}

/** In words of the verb that was meant, which a union of all verbs can not give. */
function faultOf(json: unknown, where: string): string {
  if (!Array.isArray(json)) return `${where}: must be a list of verbs, e.g. [{"verb": "hangup"}]`
  for (const [i, item] of json.entries()) {
    const fault = verbFault(item, `${where}/${i}`)
    if (fault !== undefined) return fault
  }
  return `${where}: more than 100 verbs`
}

function verbFault(item: unknown, where: string): string | undefined {
  const name = (item as { verb?: unknown } | null)?.verb
  const shape = Object.entries(shapes).find(([verb]) => verb === name)?.[1]
  if (!shape) {
    const known = Object.keys(shapes).join(', ')
    return `${where}/verb: ${JSON.stringify(name) ?? 'missing; it'} must be one of ${known}`
  }
  const given = item as Record<string, unknown>
  const unknown = Object.keys(given).find((field) => !(field in shape.properties))
  if (unknown !== undefined) {
    const fields = Object.keys(shape.properties).filter((field) => field !== 'verb')
    return `${where}/${unknown}: ${String(name)} has no such field; it has ${fields.join(', ') || 'none'}`
  }
  return branchFault(given['branches'], where) ?? fieldFault(given, shape, where)
}

function branchFault(branches: unknown, where: string): string | undefined {
  if (typeof branches !== 'object' || branches === null) return undefined
  for (const [key, verbs] of Object.entries(branches)) {
    if (!/^[0-9*#]{1,32}$/.test(key)) return `${where}/branches/${key}: not a row of keys`
    if (!compiled.Check(verbs)) return faultOf(verbs, `${where}/branches/${key}`)
  }
  return undefined
}

function fieldFault(given: object, shape: TSchema, where: string): string | undefined {
  // The branches have been looked at, and refer to a schema that is not at hand here.
  const { branches: _, ...fields } = given as { branches?: unknown }
  const { branches: __, ...properties } = (shape as { properties?: object }).properties as {
    branches?: unknown
  }
  const alone = Compile({ ...shape, properties } as TSchema)
  if (alone.Check(fields)) return undefined
  const [fault] = alone.Errors(fields)
  return `${where}${fault?.instancePath ?? ''}: ${fault ? faultWords(fault) : 'not as documented'}`
}

function toVerb(given: VerbDocument): Verb {
  switch (given.verb) {
    case 'gather':
      return toGather(given)
    case 'dial':
      return toDial(given)
    case 'conference':
      return readConferenceVerb(given)
    case 'enqueue':
      return readEnqueueVerb(given)
    case 'record_message':
      return { ...fromDocument('recordMessage', given), verb: 'recordMessage' }
    case 'stream':
      return readStreamVerb(given)
    case 'stop_stream':
      return { verb: 'stopStream', name: given.name }
    case 'voicemail':
      return readVoicemailVerb(given)
    case 'voicemail_menu':
      return { ...given, verb: 'voicemailMenu' }
    case 'mute':
    case 'park':
    case 'pickup':
    case 'bridge':
    case 'transfer':
      return readActionVerb(given)
    case 'send_digits':
      return { verb: 'sendDigits', digits: given.digits }
    case 'play':
    case 'pause':
    case 'record':
    case 'reject':
      return fromDocument(given.verb, given) as unknown as Verb
    default:
      return given as Verb
  }
}

function readVoicemailVerb(given: DocumentOf<'voicemail'>): Verb {
  if ((given.box === undefined) === (given.device === undefined)) {
    throw new Failure('invalid_request', 'voicemail needs one of `box` and `device`', 'verbs')
  }
  return given
}

function readStreamVerb(given: DocumentOf<'stream'>): Verb {
  const verb = fromDocument('stream', given) as unknown as StreamVerb
  try {
    dialledWish(verb)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, `stream: ${error.message}`, 'verbs')
  }
  return verb
}

type DocumentOf<Name extends VerbDocument['verb']> = Extract<VerbDocument, { verb: Name }>

function toDial({ targets, headers, machine_detection, ...rest }: DocumentOf<'dial'>): Verb {
  const ways = [rest.to, rest.queue, targets].filter((way) => way !== undefined)
  if (ways.length !== 1) {
    throw new Failure('invalid_request', 'dial needs one of `to`, `targets` and `queue`', 'verbs')
  }
  for (const one of [headers, ...(targets ?? []).map((target) => target.headers)]) {
    if (one !== undefined) checkExtraHeaders(one, 'verbs')
  }
  if (
    targets?.some(({ username, password }) => (username === undefined) !== (password === undefined))
  ) {
    throw new Failure('invalid_request', 'dial: username and password go together', 'verbs')
  }
  return {
    ...fromDocument('dial', rest),
    ...(headers !== undefined && { headers }),
    ...(machine_detection && { machineDetection: readDetection(machine_detection) }),
    ...(targets && { targets: targets.map((target) => fromDocument('target', target)) }),
  } as unknown as DialVerb
}

function toGather({ branches, prompt, prompts, ...rest }: DocumentOf<'gather'>): Verb {
  if (prompt !== undefined && prompts !== undefined) {
    throw new Failure('invalid_request', 'gather: give prompt or prompts, not both', 'verbs')
  }
  if (rest.url !== undefined && rest.action !== undefined) {
    throw new Failure('invalid_request', 'gather: give url or action, not both', 'verbs')
  }
  return {
    ...fromDocument('gather', rest),
    ...(prompt && { prompt: toVerb(prompt) }),
    ...(prompts && { prompts: prompts.map(toVerb) }),
    ...(branches && {
      branches: Object.fromEntries(
        Object.entries(branches).map(([key, verbs]) => [key, verbs.map(toVerb)]),
      ),
    }),
  } as unknown as GatherVerb
}
