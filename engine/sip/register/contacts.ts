import { type NameAddress, parseNameAddress, parseSipUri, splitList } from '../address.ts'
import type { RequestIn } from '../link/link.ts'
import { contactKey } from './bindings.ts'

/** What a REGISTER says of its contacts. */
export const minExpiresS = 60
export const maxExpiresS = 3600
const defaultExpiresS = 3600
/** In one REGISTER. */
const maxListed = 10
const maxPath = 10
const maxInstanceLength = 256

export type Refusal = { readonly refuse: number; readonly reason?: string }

export interface Wanted {
  readonly contact: string
  readonly expiresS: number
  readonly q: number | null
  readonly flow: { readonly instance: string; readonly regId: number } | null
}

type Flow = Wanted['flow']

export const supports = (request: RequestIn, option: string): boolean =>
  splitList(request.header('supported') ?? request.header('k') ?? '').some(
    (each) => each.toLowerCase() === option,
  )

/** The contacts of a REGISTER with the time each is granted; none for a mere question. */
export function wantedOf(request: RequestIn, contact: string): Wanted[] | Refusal {
  const values = splitList(contact)
  if (values.length > maxListed) return { refuse: 403, reason: 'Too Many Contacts' }
  const wanted = new Map<string, Wanted>()
  for (const value of values) {
    const one = wantedOne(request, value)
    if ('refuse' in one) return one
    wanted.set(contactKey(one.contact), one)
  }
  const all = [...wanted.values()]
  // RFC 5626 section 6: one flow a REGISTER
  if (all.filter(({ flow }) => flow !== null).length > 1) {
    return { refuse: 400, reason: 'One reg-id At A Time' }
  }
  return all
}

function wantedOne(request: RequestIn, value: string): Wanted | Refusal {
  const address = parseNameAddress(value)
  if (!address || !parseSipUri(address.uri)) return { refuse: 400, reason: 'Bad Contact' }
  const asked = secondsOf(address.params['expires'] ?? request.header('expires'))
  if (asked > 0 && asked < minExpiresS) return { refuse: 423 }
  const flow = flowOf(request, address)
  if (flow !== null && 'refuse' in flow) return flow
  const q = qOf(address.params['q'])
  const expiresS = Math.min(asked, maxExpiresS)
  return { contact: address.uri.split('?')[0] ?? '', expiresS, q, flow }
}

/** RFC 5626 section 6: it counts for a phone that says it knows what it does, and has a first hop that does. */
function flowOf(request: RequestIn, { params }: NameAddress): Flow | Refusal {
  const instance = params['+sip.instance'] ?? ''
  const regId = params['reg-id'] ?? ''
  if (instance === '' || instance.length > maxInstanceLength) return null
  if (!/^\d{1,9}$/.test(regId) || Number(regId) === 0) return null
  if (!supports(request, 'outbound')) return null
  const isDirect = splitList(request.header('via') ?? '').length < 2
  if (!isDirect && !firstHopIsFlow(request)) {
    return { refuse: 439, reason: 'First Hop Lacks Outbound Support' }
  }
  return { instance, regId: Number(regId) }
}

function firstHopIsFlow(request: RequestIn): boolean {
  const first = splitList(request.header('path') ?? '').at(-1)
  const uri = parseNameAddress(first ?? '')?.uri
  return uri !== undefined && parseSipUri(uri)?.params['ob'] !== undefined
}

/** Path values in order (RFC 3327); none where there is none. */
export function pathOf(request: RequestIn): readonly string[] | Refusal {
  const values = splitList(request.header('path') ?? '')
  if (values.length === 0) return noPath
  const bad = values.some((value) => !parseSipUri(parseNameAddress(value)?.uri ?? ''))
  if (bad || values.length > maxPath) return { refuse: 400, reason: 'Bad Path' }
  return values
}

const noPath: readonly string[] = []

/** One that is out of its range counts as if it were absent. */
function qOf(text: string | undefined): number | null {
  return text !== undefined && /^(?:0?(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(text) && text !== ''
    ? Number(text === '.' ? '0' : text)
    : null
}

/** A value that is no number counts as if it were absent (RFC 3261 section 10.2.1.1). */
function secondsOf(text: string | undefined): number {
  return text !== undefined && /^\s*\d{1,10}\s*$/.test(text) ? Number(text) : defaultExpiresS
}

/** A contact of ours as a response lists it. */
export function contactValue(
  { contact, q, flow }: Pick<Wanted, 'contact' | 'q' | 'flow'>,
  leftS: number,
): string {
  const params = [`expires=${leftS}`]
  if (q !== null) params.push(`q=${q}`)
  if (flow !== null) params.push(`+sip.instance="${flow.instance}"`, `reg-id=${flow.regId}`)
  return `<${contact}>;${params.join(';')}`
}
