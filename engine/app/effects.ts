import type { CallInput, Effect } from '../core/call-table.ts'
import { Failure } from '../core/failures.ts'
import { nameFor, onwardFor, shownTo } from './leave-by.ts'
import { unprotected } from './leg-options.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import { offersTo } from './offers.ts'
import type { Ports } from './ports.ts'
import { startProgram } from './program.ts'
import { keepQuality } from './quality.ts'

/** Carries out one effect of the call table on the outside world. */
export async function performEffect(
  ports: Ports,
  calls: LiveCalls,
  call: LiveCall,
  effect: Effect,
): Promise<void> {
  switch (effect.do) {
    case 'sendInvite':
      return sendInvite(ports, calls, call)
    case 'sendCancel':
      return ports.sip.cancel(call.id, call.isAnsweredElsewhere)
    case 'sendBye':
      return ports.sip.bye(call.id)
    case 'sendFinal':
      return ports.sip.reject(call.id, effect.sipStatus, call.why)
    case 'armNoAnswer':
      return arm(ports, call, call.made.ringTimeoutMs, { is: 'noAnswerTimeout' })
    case 'armDurationLimit':
      calls.meters.start(call)
      return arm(ports, call, ports.settings.maxCallMs, { is: 'durationLimit' })
    case 'watchMedia':
      return ports.media.watch(call.id)
    case 'disarm':
      call.disarmTimer?.()
      call.disarmTimer = undefined
      return
    case 'runProgram':
      return startProgram(call, calls, ports, call.acts.onAnswer ?? call.made.program)
    case 'release':
      return release(ports, call)
  }
}

async function sendInvite(ports: Ports, calls: LiveCalls, call: LiveCall): Promise<void> {
  const { ways, headers, mayRefer } = call.made
  if (!ways) throw new Error('an outbound call needs a way')
  try {
    const { target, tryingWithinMs } = ways
    const offers = await offersTo(ports, calls, call, target)
    if (offers === undefined) return unprotectable(ports, call)
    const shown = await shownTo(ports, call, target)
    const onward = await onwardFor(ports, call, target)
    ports.sip.invite(call.id, {
      ...{ target, offers, ...shown, ...nameFor(call, target) },
      ...(headers === undefined ? {} : { headers }),
      ...onward,
      ...(tryingWithinMs === undefined ? {} : { tryingWithinMs }),
      ...(mayRefer && { mayRefer }),
    })
  } catch (error) {
    ports.log.warn('no INVITE sent', { callId: call.id, error: String(error) })
    if (error instanceof Failure) call.why = error.message
    const reason = error instanceof Failure ? 'media_error' : 'internal_error'
    call.feed({ is: 'fail', cause: { is: 'failed', reason } })
  }
}

function unprotectable(ports: Ports, call: LiveCall): void {
  call.why = unprotected
  ports.log.warn('no INVITE sent', { callId: call.id, error: unprotected })
  call.feed({ is: 'fail', cause: { is: 'failed', reason: 'srtp_unavailable' } })
}

function arm(ports: Ports, call: LiveCall, delayMs: number, input: CallInput): void {
  call.disarmTimer?.()
  call.disarmTimer = ports.clock.after(delayMs, () => call.feed(input))
}

async function release(ports: Ports, call: LiveCall): Promise<void> {
  call.programAbort?.abort()
  const protection = ports.media.agreedOn(call.id)?.protection ?? null
  const statistics = await ports.media.close(call.id)
  await keepQuality(ports, call, statistics)
  ports.log.info('call ended', {
    callId: call.id,
    parentId: call.record.parentId,
    direction: call.record.direction,
    from: call.record.from,
    to: call.record.to,
    status: call.record.status,
    endReason: call.record.endReason,
    sipCallId: call.record.sipCallId,
    protection,
    ...statistics,
  })
}
