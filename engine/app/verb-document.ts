import type { Static, TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Failure } from '../core/failures.ts'
import { checkExtraHeaders } from '../core/sip-headers.ts'
import type { Verb } from '../core/verbs.ts'
import { readConferenceVerb } from './conferences/verb-shape.ts'
import { verbShapes as shapes, verbsSchema } from './verb-schema.ts'

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
  if (unknown !== undefined) return `${where}/${unknown}: ${String(name)} has no such field`
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
  return `${where}${fault?.instancePath ?? ''}: ${fault?.message ?? 'not as documented'}`
}

function toVerb(given: VerbDocument): Verb {
  switch (given.verb) {
    case 'gather':
      return toGather(given)
    case 'dial': {
      const { timeout, pass_headers, ...rest } = given
      if (rest.headers !== undefined) checkExtraHeaders(rest.headers, 'verbs')
      return {
        ...rest,
        ...inMs('timeoutMs', timeout),
        ...(pass_headers === undefined ? {} : { passHeaders: pass_headers }),
      } as Verb
    }
    case 'conference':
      return readConferenceVerb(given)
    case 'pause':
      return { verb: 'pause', durationMs: given.length * 1000 }
    case 'send_digits':
      return { verb: 'sendDigits', digits: given.digits }
    case 'reject':
      return given.sip_status === undefined
        ? { verb: 'reject' }
        : { verb: 'reject', sipStatus: given.sip_status }
    default:
      return given as Verb
  }
}

function toGather(given: Extract<VerbDocument, { verb: 'gather' }>): Verb {
  const { num_digits, finish_on_key, timeout, branches, ...rest } = given
  return {
    ...rest,
    ...(num_digits === undefined ? {} : { numDigits: num_digits }),
    ...(finish_on_key === undefined ? {} : { finishOnKey: finish_on_key }),
    ...inMs('timeoutMs', timeout),
    ...(branches === undefined
      ? {}
      : {
          branches: Object.fromEntries(
            Object.entries(branches).map(([key, verbs]) => [key, verbs.map(toVerb)]),
          ),
        }),
  } as Verb
}

const inMs = (name: string, lengthS: number | undefined) =>
  lengthS === undefined ? {} : { [name]: Math.round(lengthS * 1000) }
