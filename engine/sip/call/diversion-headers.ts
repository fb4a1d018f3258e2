import type { Diversion } from '../../core/call.ts'
import type { InviteRequest, SipTarget } from '../../core/ports/sip.ts'
import { encodeUser } from '../address.ts'
import type { Headers } from '../link/link.ts'

/** Response codes that stand for a reason in History-Info (RFC 4458, RFC 7044 section 16.2.1). */
const causes: Readonly<Record<string, number>> = {
  unconditional: 302,
  'no-answer': 408,
  deflection: 480,
  'user-busy': 486,
  unavailable: 503,
}

/** Who was called before, in both ways of saying it (RFC 5806, RFC 7044), and how far it may still go. */
export function diversionHeaders(request: InviteRequest, host: string): Headers {
  const { diversion = [], maxForwards, target } = request
  return {
    ...(maxForwards === undefined ? {} : { 'Max-Forwards': String(maxForwards) }),
    ...(diversion.length === 0
      ? {}
      : {
          Diversion: diversion.map((one) => diversionValue(one, host)).join(', '),
          ...historyInfo(diversion, target, host),
        }),
  }
}

const diversionValue = ({ from, reason, counter }: Diversion, host: string): string =>
  `<sip:${encodeUser(from)}@${host}>;reason=${reason};counter=${counter}`

/** From the first to the one that is called now. Phones of ours are not told by what address they go. */
function historyInfo(diversion: readonly Diversion[], target: SipTarget, host: string): Headers {
  if (target.kind === 'device') return {}
  const last =
    target.kind === 'uri' ? target.uri.split('?')[0]! : `sip:${encodeUser(target.number)}@${host}`
  const earlier = [...diversion].reverse().map(({ from, reason }) => {
    const cause = causes[reason]
    const why = cause === undefined ? '' : `?Reason=SIP%3Bcause%3D${cause}`
    return `sip:${encodeUser(from)}@${host}${why}`
  })
  const entries = [...earlier, last].map((uri, at) => `<${uri}>;index=1${'.1'.repeat(at)}`)
  return { 'History-Info': entries.join(', ') }
}
