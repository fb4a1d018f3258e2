import { isE164 } from '../core/numbers.ts'
import type { InviteRequest } from '../core/ports/sip.ts'
import { encodeUser, quoteName } from './address.ts'
import { allow, sdpType, userAgent } from './context.ts'
import type { Headers } from './link.ts'

/** A trunk gets its default caller ID where the call's own is not a telephone number. */
function callerIdOf({ target, callerId }: InviteRequest): string {
  if (target.kind !== 'trunk' || isE164(callerId)) return callerId
  return target.trunk.defaultCallerId ?? callerId
}

const identity = (request: InviteRequest, host: string): string =>
  `<sip:${encodeUser(callerIdOf(request))}@${host}>`

/** From without a tag. */
export const inviteFrom = (request: InviteRequest, host: string): string =>
  `${quoteName(request.callerName)}${identity(request, host)}`

/** What the server fills in itself (Contact, Via, Max-Forwards, To) is left to it. */
export function inviteHeaders(request: InviteRequest, host: string): Headers {
  const asserted: Headers =
    request.target.kind === 'trunk' ? { 'P-Asserted-Identity': identity(request, host) } : {}
  return {
    ...request.headers,
    ...asserted,
    'Content-Type': sdpType,
    Allow: allow,
    'User-Agent': userAgent,
  }
}
