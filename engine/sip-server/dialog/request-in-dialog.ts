import type { Context } from '../context.ts'
import type { Draft, Field } from '../message/print.ts'
import type { Target } from '../transport/peer.ts'
import type { Dialog } from './dialog.ts'
import { dialogRouting, targetOfUri } from './routing.ts'

export interface InDialogParts {
  readonly method: string
  readonly seq: number
  /** everything that the dialog does not decide */
  readonly fields: readonly Field[]
  readonly body: string
  /** URI of a next hop given by the application */
  readonly nextHop?: string | undefined
}

/** A request of ours in a dialog (RFC 3261 section 12.2.1.1), still without Via. */
export const inDialogDraft = (
  context: Context,
  dialog: Dialog,
  parts: InDialogParts,
): { readonly draft: Draft; readonly target: Target } | undefined => {
  const { requestUri, routes, nextHop } = dialogRouting(dialog.routes, dialog.remoteTarget)
  const named =
    parts.nextHop === undefined ? undefined : targetOfUri(parts.nextHop, context.transports)
  const target = named ?? dialog.flow ?? targetOfUri(nextHop, context.transports)
  if (target === undefined) return undefined
  const fields: Field[] = [
    ...routes.map((route): Field => ['Route', route]),
    ['Max-Forwards', '70'],
    ['From', dialog.local],
    ['To', dialog.remote],
    ['Call-ID', dialog.callId],
    ['CSeq', `${parts.seq} ${parts.method}`],
    ...parts.fields,
  ]
  return {
    draft: { start: `${parts.method} ${requestUri} SIP/2.0`, fields, body: parts.body },
    target,
  }
}
