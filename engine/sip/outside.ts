import { badExtension, badScheme } from './call/acceptable.ts'
import { retryAfterS } from './call/invite.ts'
import { allow, sdpType } from './context.ts'
import type { RequestIn } from './link/link.ts'
import { summaryEvent } from './messages/message-summary.ts'

const methods = `${allow}, REGISTER, MESSAGE, SUBSCRIBE`
export const noExtensions: ReadonlySet<string> = new Set()

/**
 * Requests outside any dialog that are neither INVITE nor REGISTER. Only OPTIONS does something, and
 * nobody has to prove who he is for that (RFC 3261 section 11).
 */
export function receiveOther(request: RequestIn, draining: boolean): void {
  const refusal = badScheme(request) ?? badExtension(request, noExtensions)
  if (refusal) {
    request.respond(...refusal)
    return
  }
  switch (request.method) {
    case 'OPTIONS':
      if (draining) request.respond(503, { headers: { 'Retry-After': retryAfterS } })
      else
        request.respond(200, {
          headers: { Allow: methods, Accept: sdpType, 'Allow-Events': summaryEvent },
        })
      return
    case 'PUBLISH':
      request.respond(489, { headers: { 'Allow-Events': summaryEvent } })
      return
    case 'BYE':
    case 'UPDATE':
    case 'PRACK':
    case 'INFO':
    case 'NOTIFY':
      request.respond(481)
      return
    default:
      request.respond(405, { headers: { Allow: methods } })
  }
}
