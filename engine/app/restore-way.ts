import { Failure } from '../core/failures.ts'
import type { LiveCall } from './live-call.ts'
import { parkCall } from './park.ts'
import type { Ports } from './ports.ts'
import { isBrowser } from './send-digits.ts'
import { wait } from './wait.ts'

/** Between tries to have the media side's new end of the way. */
const againMs = 1_000

/** A phone that does not agree within this is not heard any more. */
const phoneWaitMs = 5_000

/**
 * Our own end of the way to a call's browser has gone, or the media thread of a phone: the call is parked, and they are
 * offered the new end by a re-INVITE. Where a browser does not agree the park time goes on: its page may come back by
 * itself.
 */
export function restoreWay(ports: Ports, call: LiveCall): void {
  parkCall(ports, call, isBrowser(ports.media, call.id) ? undefined : phoneWaitMs)
  const { hold } = call
  // Holding is a re-INVITE too: one after the other.
  hold.lastChange = hold.lastChange.then(() => offerAnew(ports, call))
}

/** Never rejects. */
async function offerAnew(ports: Ports, call: LiveCall): Promise<void> {
  while (call.state.at === 'up') {
    try {
      const answer = await ports.sip.reoffer(call.id, () => {
        // Its port is given back: an offer would open another one, for ever.
        if (call.state.at !== 'up') throw new Failure('call_ended', 'the call is over')
        return ports.media.offer(call.id, { ...call.leg, iceRestart: true })
      })
      await ports.media.complete(call.id, answer, call.leg)
      return
    } catch (error) {
      ports.log.warn('not offered a new way', { callId: call.id, error: String(error) })
      if (!(error instanceof Failure) || error.code !== 'no_media_port') return
      await wait(ports.clock, againMs, call.over)
    }
  }
}
