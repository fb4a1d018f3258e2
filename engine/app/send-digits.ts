import type { CallId } from '../core/ids.ts'
import type { Media } from '../core/ports/media.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'
import { wait } from './wait.ts'

const keyMs = 100
const gapMs = 100
const pausesMs: Readonly<Record<string, number>> = { w: 500, W: 1000, ',': 500 }

/** Pages hear of no telephone events: what a browser is to know of goes to it by INFO. */
export const isBrowser = (media: Pick<Media, 'agreedOn'>, id: CallId): boolean =>
  media.agreedOn(id)?.protection === 'webrtc'

/**
 * Presses keys for the call's phone: as telephone events where it takes them, else (and to a browser) by INFO, and
 * as events or tones where it refuses that. Resolves when all are sent. Failure `invalid_request` for what are no keys.
 */
export async function sendDigits(
  ports: Ports,
  call: LiveCall,
  digits: string,
  signal: AbortSignal = call.over,
): Promise<void> {
  const areKeys = /^[0-9*#A-DwW,]{1,256}$/.test(digits)
  const { media } = ports
  const isUp = areKeys && call.state.at === 'up'
  const byInfo = isUp && (isBrowser(media, call.id) || !(await media.takesEvents(call.id)))
  const rest = byInfo ? await sendByInfo(ports, call, digits, signal) : digits
  if (rest !== '') await ports.media.sendDigits(call.id, rest)
}

/** Resolves to the keys that were not taken: all, if the first is refused; none when the call is over. */
async function sendByInfo(
  { sip, clock }: Ports,
  call: LiveCall,
  digits: string,
  signal: AbortSignal,
): Promise<string> {
  for (const [at, digit] of [...digits].entries()) {
    if (signal.aborted) return ''
    const pauseMs = pausesMs[digit]
    if (pauseMs === undefined && !(await sip.infoDigit(call.id, digit, keyMs))) {
      return call.state.at === 'up' ? digits.slice(at) : ''
    }
    await wait(clock, pauseMs ?? keyMs + gapMs, signal)
  }
  return ''
}
