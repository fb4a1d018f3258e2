import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'
import { sendDigits } from './send-digits.ts'

/**
 * Keys that a phone pressed when it was answered and not connected yet were meant for the other one, who gets them
 * now. Of a call that was up before, keys are for the program that asked for them.
 */
export function passKeysOn(ports: Ports, from: LiveCall, to: LiveCall): void {
  const keys = from.digits.takeAll()
  if (keys === '') return
  sendDigits(ports, to, keys).catch((error: unknown) => {
    ports.log.debug('keys not passed on', { callId: to.id, error: String(error) })
  })
}
