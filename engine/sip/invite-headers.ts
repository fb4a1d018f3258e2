import type { InviteRequest } from '../core/ports/sip.ts'
import { callerIdOn } from '../core/trunk-choice.ts'
import { encodeUser, quoteName } from './address.ts'
import { allow, sdpType, userAgent } from './context.ts'
import type { Headers } from './link.ts'

const callerIdOf = ({ target, callerId }: InviteRequest): string =>
  target.kind === 'trunk' ? callerIdOn(target.trunk, callerId) : callerId

const identity = (request: InviteRequest, host: string): string =>
  `<sip:${encodeUser(callerIdOf(request))}@${host}>`

/** From without a tag. */
export const inviteFrom = (request: InviteRequest, host: string): string =>
  `${quoteName(request.callerName)}${identity(request, host)}`

/** Headers that make the request what it is: an extra header may not touch them. */
const ours =
  /^(?:via|v|from|f|to|t|call-id|i|cseq|contact|m|route|record-route|max-forwards|content-.*|[ecl]|allow|require|supported|k|(?:proxy-)?authorization|p-asserted-identity|user-agent)$/i

const extraHeaders = (extra: Headers = {}): Headers =>
  Object.fromEntries(
    Object.entries(extra).filter(
      ([name, value]) => /^[\w.!%*+`'~-]+$/.test(name) && !ours.test(name) && !/[\r\n]/.test(value),
    ),
  )

/** What the server fills in itself (Contact, Via, Max-Forwards, To) is left to it. */
export function inviteHeaders(request: InviteRequest, host: string): Headers {
  const asserted: Headers =
    request.target.kind === 'trunk' ? { 'P-Asserted-Identity': identity(request, host) } : {}
  return {
    ...extraHeaders(request.headers),
    ...asserted,
    'Content-Type': sdpType,
    Allow: allow,
    'User-Agent': userAgent,
  }
}
