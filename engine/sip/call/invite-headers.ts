import type { InviteRequest } from '../../core/ports/sip.ts'
import { anonymous } from '../../core/trunk-caller.ts'
import { numberOut } from '../../core/trunk-numbers.ts'
import { optionsOf } from '../../core/trunk-options.ts'
import { encodeUser, quoteName } from '../address.ts'
import { allow, sdpType, supported, userAgent } from '../context.ts'
import type { Headers } from '../link/link.ts'
import { diversionHeaders } from './diversion-headers.ts'

const shownNumber = ({ target, callerId }: InviteRequest): string =>
  target.kind === 'trunk' ? numberOut(callerId, optionsOf(target.trunk).numbers) : callerId

const identity = (request: InviteRequest, host: string): string =>
  `<sip:${encodeUser(shownNumber(request))}@${host}>`

/** From without a tag. Who withholds his number is written as RFC 3323 section 4.1.1.3 has it. */
export const inviteFrom = (request: InviteRequest, host: string): string =>
  request.withheld
    ? '"Anonymous" <sip:anonymous@anonymous.invalid>'
    : `${quoteName(request.callerName)}${identity(request, host)}`

/** Who calls goes to trusted trunks alone (RFC 3325); of them too it is asked to show nobody (RFC 3323). */
function privacyHeaders(request: InviteRequest, host: string): Headers {
  const { target, withheld = false, callerId } = request
  const isTold = target.kind === 'trunk' && optionsOf(target.trunk).trusted
  return {
    ...(isTold && callerId !== anonymous && { 'P-Asserted-Identity': identity(request, host) }),
    ...(withheld && { Privacy: 'id' }),
  }
}

/** Headers that make the request what it is: an extra header may not touch them. */
const ours =
  /^(?:via|v|from|f|to|t|call-id|i|cseq|contact|m|route|record-route|max-forwards|content-.*|[ecl]|allow|require|supported|k|(?:proxy-)?authorization|p-asserted-identity|privacy|user-agent)$/i

const extraHeaders = (extra: Headers = {}): Headers =>
  Object.fromEntries(
    Object.entries(extra).filter(
      ([name, value]) => /^[\w.!%*+`'~-]+$/.test(name) && !ours.test(name) && !/[\r\n]/.test(value),
    ),
  )

/**
 * A device by the name that it registers, which its contact need not have: some phones call as whom they are
 * called by, for one when they are transferred (baresip 1.0).
 */
const deviceName = ({ target }: InviteRequest, host: string): Headers =>
  target.kind === 'device' && target.username !== undefined
    ? { To: `<sip:${encodeUser(target.username)}@${host}>` }
    : {}

/** What the server fills in itself (Contact, Via, Max-Forwards, the To of all but devices) is left to it. */
export function inviteHeaders(request: InviteRequest, host: string): Headers {
  return {
    ...extraHeaders(request.headers),
    ...privacyHeaders(request, host),
    ...deviceName(request, host),
    ...diversionHeaders(request, host),
    'Content-Type': sdpType,
    Allow: allow,
    Supported: `${supported}, 100rel`,
    'User-Agent': userAgent,
  }
}
