import { playHoldMusic } from '../hold-music.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { soundOfPhrase } from '../speech/phrase-sounds.ts'
import { wait } from '../wait.ts'

const connectingMs = 1_000

/** Said to both phones of a call that will not be paid for any longer, each in its language: who do not hear each other meanwhile. */
export async function speakNotice(ports: Ports, call: LiveCall, seconds: number): Promise<void> {
  // Whoever was called for somebody is connected to him as soon as he has answered.
  const isComing = call.record.parentId !== null && call.partner === undefined
  if (isComing) await wait(ports.clock, connectingMs, call.over)
  const heardBy = [call, call.partner].filter((one) => one !== undefined)
  await Promise.all(heardBy.map((one) => tell(ports, one, seconds)))
}

async function tell(ports: Ports, call: LiveCall, seconds: number): Promise<void> {
  const sound = await soundOfPhrase(ports, call.spokenIn, (words) => words.call.endsIn(seconds))
  if (call.state.at !== 'up') return
  try {
    const outcome = await ports.media.play(call.id, sound)
    if (outcome === 'finished') playHoldMusic(ports, call)
  } catch (error) {
    ports.log.warn('notice not played', { callId: call.id, error: String(error) })
  }
}
