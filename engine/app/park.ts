import { playHoldMusic } from './hold-music.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'

/**
 * The way to a call's browser is gone (its page is being loaded anew, its machine sleeps, its network changed): the
 * call waits for it to come back, or to be taken over, and whoever it talked to hears music. It ends when that takes
 * `forMs`.
 */
export function parkCall(ports: Ports, call: LiveCall, forMs = ports.settings.parkMs): void {
  call.enqueue(async () => {
    const { parking } = call
    if (call.state.at !== 'up' || parking.isParked) return
    parking.disarm = ports.clock.after(forMs, () => call.feed({ is: 'mediaLost' }))
    void call.ended.then(parking.disarm)
    if (call.partner) playHoldMusic(ports, call.partner)
    await call.note('call.parked', { forMs })
  })
}

/** Its browser is there again. */
export function unparkCall(ports: Ports, call: LiveCall): void {
  call.enqueue(async () => {
    const { parking } = call
    if (!parking.isParked) return
    parking.disarm?.()
    parking.disarm = undefined
    if (call.partner) playHoldMusic(ports, call.partner)
    await call.note('call.unparked')
  })
}
