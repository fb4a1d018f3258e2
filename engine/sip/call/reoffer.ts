import { Failure } from '../../core/failures.ts'
import type { Credentials } from '../auth/digest-answer.ts'
import { sdpOf } from '../body.ts'
import { allow, type Context, sdpType, supported } from '../context.ts'
import { type Final, isGone, sendInDialog } from './in-dialog.ts'
import { sessionAsked } from './session-timer.ts'

export interface ReofferDialog {
  readonly dialogId: string
  /** We made the call: the Call-ID is ours. */
  readonly ours: boolean
  readonly credentials: Credentials | undefined
  readonly leastSessionS: number | undefined
  isUp(): boolean
  /** False while an offer of either side is unanswered, or the ACK has not come. */
  claim(): boolean
  release(): void
  /** The other side knows the dialog no more. */
  lost(reason: string): void
}

/** So often both sides may offer at the same moment. */
const maxAttempts = 8

/**
 * A re-INVITE of ours (RFC 3261 section 14.1). After 491, or while there is another offer, it waits for a
 * time by chance and is made anew. Whatever else is refused leaves the session as it was.
 */
export async function reoffer(
  ctx: Context,
  dialog: ReofferDialog,
  offer: () => Promise<string>,
): Promise<string> {
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    if (attempt > 0) await glareDelay(ctx, dialog.ours)
    if (!dialog.isUp()) throw ended()
    if (!dialog.claim()) continue
    try {
      const final = await invite(ctx, dialog, await offer())
      if (final.is === 'response' && final.response.status === 491) continue
      return answerIn(dialog, final)
    } finally {
      dialog.release()
    }
  }
  throw new Failure('call_failed', 'the phone offers changes of its own again and again')
}

const ended = (): Failure => new Failure('call_ended', 'the call is over')

/** Whoever owns the Call-ID waits longer: 2.1 to 4 s, the other 0 to 2 s, in steps of 10 ms. */
function glareDelay(ctx: Context, ours: boolean): Promise<void> {
  const [fromMs, toMs] = ours ? [2_100, 4_000] : [0, 2_000]
  const steps = Math.floor(ctx.random() * ((toMs - fromMs) / 10 + 1))
  return new Promise((resolve) => {
    ctx.clock.after(fromMs + steps * 10, resolve)
  })
}

function invite(ctx: Context, dialog: ReofferDialog, sdp: string): Promise<Final> {
  const { dialogId, credentials, leastSessionS } = dialog
  if (!dialog.isUp()) throw ended()
  // without a word of the timer it would end with this (RFC 4028 section 7.4)
  const headers = {
    ...{ 'Content-Type': sdpType, Allow: allow, Supported: supported },
    ...sessionAsked(leastSessionS),
  }
  return new Promise((resolve) => {
    const request = { dialogId, method: 'INVITE', headers, body: sdp, credentials } as const
    sendInDialog(ctx, request, (final) => {
      // At once, whatever has become of the call meanwhile (section 13.2.2.4).
      if (final.is === 'response' && final.response.status < 300) final.response.ack()
      resolve(final)
    })
  })
}

function answerIn(dialog: ReofferDialog, final: Final): string {
  if (!dialog.isUp()) throw ended()
  if (isGone(final)) {
    dialog.lost('the phone knows the call no more')
    throw ended()
  }
  if (final.is === 'failed') throw new Failure('call_failed', `not sent: ${final.why.reason}`)
  const { status, reason } = final.response
  if (status >= 300) throw new Failure('call_failed', `the phone refuses: ${status} ${reason}`)
  const sdp = sdpOf(final.response)
  if (sdp === undefined) throw new Failure('call_failed', 'the phone agrees to nothing: no SDP')
  return sdp
}
