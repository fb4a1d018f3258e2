import { Failure } from '../core/failures.ts'
import type { CallId } from '../core/ids.ts'
import type { TransferWish } from '../core/ports/sip.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { sayFarewell, transferTo } from './transfer.ts'

/**
 * A phone wants whom it talks to connected to somebody else. Resolves when that is begun, or done. Where the program of
 * the one it talks to decides, its Failures; else Failures:
 * `forbidden` (it talks to nobody, or in a call of another account, which would pay for what it asks),
 * `call_busy`, and those of a call to that somebody by its account.
 */
export async function transferWished(
  ports: Ports,
  calls: LiveCalls,
  id: CallId,
  wish: TransferWish,
): Promise<void> {
  const call = calls.get(id)
  const { bridge, partner } = call ?? {}
  if (!call || !bridge || !partner) throw new Failure('forbidden', 'there is nobody to transfer')
  const heed = bridge.seatOf(partner)?.onRefer
  if (heed && wish.replaces === undefined) return heed(call, wish)
  if (wish.isStranger) throw new Failure('forbidden', 'only an application could grant it')
  if (!call.isOwnPhone) throw new Failure('forbidden', 'the call is of another account')
  const { to, replaces, referredBy } = wish
  if (replaces !== undefined) return attended(ports, calls, call, wish)
  await transferTo(ports, calls, {
    ...{ bridge, kept: partner, leaving: call, to, referredBy, log: call },
    tell: (sipStatus) => {
      ports.sip.transferProgress(id, sipStatus)
      if (sipStatus === 200) void sayFarewell(ports, call)
    },
  })
}

/** The phone has called that somebody already: the two that it talks to are connected. */
async function attended(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  { to, replaces }: TransferWish,
): Promise<void> {
  const consultation = replaces === 'unknown' ? undefined : replaces && calls.get(replaces)
  const done = consultation && (await connectBoth(call, consultation))
  if (!done) {
    ports.sip.transferProgress(call.id, 481)
    call.enqueue(() => call.note('transfer.failed', { to, sipStatus: 481 }))
    return
  }
  call.enqueue(() => call.note('transfer.completed', { to, consultation: consultation.id }))
  ports.sip.transferProgress(call.id, 200)
  void sayFarewell(ports, call)
  void sayFarewell(ports, consultation)
}

/** False when there are not two others, or they are somebody else's. Failure `call_busy`. */
async function connectBoth(call: LiveCall, consultation: LiveCall): Promise<boolean> {
  const { bridge, partner } = call
  const third = consultation.partner
  const seat = third && consultation.bridge?.seatOf(third)
  if (!bridge || !partner || !seat || third === call || third === partner) return false
  if (consultation.bridge === bridge) return false
  if (call.made.account.id !== consultation.made.account.id) return false
  if (!consultation.isOwnPhone) return false
  if (consultation.bridge?.kept || !bridge.keep(partner)) {
    throw new Failure('call_busy', 'a transfer is under way')
  }
  try {
    await bridge.replace(call, seat)
  } finally {
    bridge.settle()
  }
  return true
}
