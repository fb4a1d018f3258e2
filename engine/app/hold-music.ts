import type { Sound } from '../core/ports/media.ts'
import type { LiveCall } from './live-call.ts'
import type { Ports } from './ports.ts'

/** Who holds a call, and what its phone hears meanwhile. */
export class Hold {
  /** Its phone takes no audio. */
  byPhone = false
  /** We said to the phone that we take none. */
  byUs = false
  /** Plays now; another object for each time. */
  music: object | undefined
  /** Changes by us, one after the other. */
  lastChange: Promise<unknown> = Promise.resolve()
}

/**
 * Starts or stops the music on a call's phone, by what is true now: it is heard by a phone that we hold,
 * and by one whose partner holds or is parked. Where somebody else is being sought for the call it hears ringback.
 */
export function playHoldMusic(ports: Ports, call: LiveCall): void {
  if (call.bridge?.kept === call) return
  const { hold } = call
  const { partner } = call
  const held = hold.byUs || partner?.hold.byPhone === true || partner?.parking.isParked === true
  const wanted = held && call.state.at === 'up'
  if (wanted === (hold.music !== undefined)) return
  if (!wanted) {
    hold.music = undefined
    ports.media.stop(call.id)
    return
  }
  const music = {}
  hold.music = music
  void playTune(ports, call).finally(() => {
    // Something else was played meanwhile, or the leg is closed.
    if (hold.music === music) hold.music = undefined
  })
}

const ownTune: Sound = { kind: 'tone', tone: 'hold' }

async function playTune(ports: Ports, call: LiveCall): Promise<void> {
  const path = ports.settings.holdMusicPath
  try {
    if (path === undefined) await ports.media.play(call.id, ownTune)
    else await ports.media.play(call.id, { kind: 'wav', path, loop: 0 })
  } catch (error) {
    ports.log.warn('hold music not played', { callId: call.id, error: String(error) })
    if (path !== undefined) await ports.media.play(call.id, ownTune).catch(() => undefined)
  }
}
