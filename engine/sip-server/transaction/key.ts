import type { SipMessage } from '../message/message.ts'

const magicCookie = 'z9hg4bk'

/**
 * Key under which a server transaction is found again (RFC 3261 section 17.2.3). An ACK has the
 * key of its INVITE. Peers without the magic cookie are matched by the RFC 2543 fields.
 */
export const serverKey = (request: SipMessage, method = request.method): string => {
  const name = method === 'ACK' ? 'INVITE' : method
  const { via } = request
  const branch = via?.branch ?? ''
  if (branch.slice(0, 7).toLowerCase() === magicCookie && branch.length > 7) {
    return `${branch} ${via?.host ?? ''}:${via?.port ?? ''} ${name}`
  }
  // the To tag is left out: the ACK of a failure carries one that the INVITE had not
  const cseq = request.cseq?.number ?? ''
  const sentBy = `${via?.host ?? ''}:${via?.port ?? ''}`
  return `${request.uri} ${request.fromTag ?? ''} ${request.callId} ${cseq} ${sentBy} ${branch} ${name}`
}

/** Key of a client transaction: our branch and the method (RFC 3261 section 17.1.3). */
export const clientKey = (branch: string, method: string): string => `${branch} ${method}`
