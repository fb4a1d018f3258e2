import { type Field, printMessage } from '../message/print.ts'
import type { ClientRequest } from '../transaction/client.ts'

/** Fields that a CANCEL copies from its INVITE (RFC 3261 section 9.1). */
const copied = new Set(['Via', 'Route', 'Max-Forwards', 'From', 'To', 'Call-ID'])

/** The CANCEL of an INVITE that is on its way: to the same place, with the same branch. */
export const cancelOf = (invite: ClientRequest, extra: readonly Field[] = []): ClientRequest => {
  let vias = 0
  // only our own Via goes into a CANCEL
  const fields: Field[] = invite.draft.fields.filter(
    ([name]) => copied.has(name) && (name !== 'Via' || vias++ === 0),
  )
  const seq = invite.draft.fields.find(([name]) => name === 'CSeq')?.[1].split(' ', 1)[0] ?? '1'
  fields.push(['CSeq', `${seq} CANCEL`], ...extra)
  const start = invite.draft.start.replace(/^INVITE /, 'CANCEL ')
  const draft = { start, fields, body: '' }
  return { ...invite, method: 'CANCEL', draft, text: printMessage(draft) }
}
