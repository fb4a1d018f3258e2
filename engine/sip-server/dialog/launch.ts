import { isIP } from 'node:net'
import type { Context } from '../context.ts'
import { type Draft, printMessage } from '../message/print.ts'
import type { ClientRequest } from '../transaction/client.ts'
import { addressOf, type Target } from '../transport/peer.ts'
import { viaWord } from '../transport/protocols.ts'

/** Our Via value for a request to that target. */
export const viaValue = (context: Context, target: Target, branch: string): string => {
  const rport = target.protocol === 'udp' ? ';rport' : ''
  const sentBy = context.transports.contactAddress(addressOf(target), target.protocol)
  return `SIP/2.0/${viaWord(target.protocol)} ${sentBy}${rport};branch=${branch}`
}

/** A target that stays where its name first led; for an address nothing needs to stay. */
export const pinned = (target: Target): Target =>
  isIP(target.host) === 0 && target.place === undefined
    ? { ...target, pin: { place: undefined } }
    : target

/** Puts our Via on top and prints: ready for a client transaction. */
export const readied = (
  context: Context,
  method: string,
  draft: Draft,
  target: Target,
  branch = `z9hG4bK${context.random.token(16)}`,
): ClientRequest => {
  const fields = [['Via', viaValue(context, target, branch)] as const, ...draft.fields]
  const complete = { ...draft, fields }
  return { method, branch, draft: complete, text: printMessage(complete), target: pinned(target) }
}
