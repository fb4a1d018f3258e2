import { splitList } from '../address.ts'
import type { Headers, MessageIn, ResponseIn } from '../link/link.ts'
import type { Refusal } from './acceptable.ts'

/*
 * Session timers (RFC 4028), so that a call whose other side is gone without a word ends. This is what is
 * said of them; the SIP server keeps them: it refreshes, and ends the call with a BYE of its own.
 */

/** The interval that section 4 recommends. */
const wantedS = 1800
/** An interval longer than this is no wish to be told of dead calls. */
const mostS = 86_400
/** No shorter one need be taken (section 5). */
const leastTakenS = 90

/** What an INVITE of ours asks for; who refreshes is left to the other side. `leastS`: what it needs (422). */
export const sessionAsked = (leastS?: number): Headers => ({
  'Session-Expires': String(Math.max(wantedS, leastS ?? 0)),
  ...(leastS === undefined ? {} : { 'Min-SE': String(leastS) }),
})

/** What whoever sends 422 needs, in seconds; undefined where that is no reason to ask again. */
export function leastSessionS(response: ResponseIn): number | undefined {
  const leastS = response.status === 422 ? secondsOf(response.header('min-se')) : undefined
  return leastS !== undefined && leastS > wantedS && leastS <= mostS ? leastS : undefined
}

/**
 * What a 2xx to an INVITE or UPDATE says (section 9): the other side refreshes if it can and did not wish
 * that we do. Nothing for one that knows no timers, unless a proxy asked for one.
 */
export function sessionGranted(request: MessageIn): Headers {
  const asked = request.header('session-expires') ?? ''
  const knows = knowsTimers(request)
  if (asked === '' && !knows) return {}
  const named = /;\s*refresher\s*=\s*(ua[cs])\b/i.exec(asked)?.[1]?.toLowerCase()
  const refresher = named ?? (knows ? 'uac' : 'uas')
  const seconds = Math.max(secondsOf(asked) ?? wantedS, secondsOf(request.header('min-se')) ?? 0)
  return {
    'Session-Expires': `${seconds};refresher=${refresher}`,
    ...(refresher === 'uac' && { Require: 'timer' }),
  }
}

/** 422 to a caller who knows timers and wants sessions too short to be refreshed in time (section 9). */
export function tooShort(request: MessageIn): Refusal | undefined {
  const seconds = secondsOf(request.header('session-expires'))
  if (seconds === undefined || seconds >= leastTakenS || !knowsTimers(request)) return undefined
  return [422, { headers: { 'Min-SE': `${leastTakenS}` } }]
}

const knowsTimers = (request: MessageIn): boolean =>
  splitList((request.header('supported') ?? '').toLowerCase()).includes('timer')

/** The number before any parameters. */
function secondsOf(text: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,9})\s*(?:;|$)/.exec(text ?? '')?.[1]
  return digits === undefined ? undefined : Number(digits)
}
