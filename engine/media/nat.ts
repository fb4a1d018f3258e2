import { judgeMediaAddress } from './sdp/address.ts'

/**
 * The address on which packets of a peer may come from another port than its SDP says: that of its
 * signalling, when the SDP names another one, which tells of a NAT. A peer that knows its own address
 * knows its port as well: undefined, and nobody else on that address is listened to.
 */
export function addressToLatchOnto(
  signalling: string | undefined,
  named: string | undefined,
): string | undefined {
  if (signalling === undefined) return undefined
  const judged = judgeMediaAddress(signalling)
  if (judged.kind !== 'usable' || judged.address === named) return undefined
  return judged.address
}
