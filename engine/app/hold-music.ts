import type { Sound } from '../core/ports/media.ts'
import type { LiveCall } from './live-call.ts'
import { ownTune, usualMusic } from './music.ts'
import type { Ports } from './ports.ts'

/** Who holds a call, and what its phone hears meanwhile. */
export class Hold {
  /** Its phone takes no audio. */
  byPhone = false
  /** We said to the phone that we take none. */
  byUs = false
  /** Plays now; another object for each time. */
  music: object | undefined
  /** In place of the usual music, while we hold it. */
  ownMusic: Sound | undefined
  /** Changes by us, one after the other. */
  lastChange: Promise<unknown> = Promise.resolve()
}

/**
 * Starts or stops the music on a call's phone, by what is true now: it is heard by a phone that we hold,
 * by one that is parked or waits for the end of a consultation, and by one whose partner holds or is away. Where somebody else is being sought for the call it hears ringback.
 */
export function playHoldMusic(ports: Ports, call: LiveCall): void {
  if (call.bridge?.kept === call && !call.acts.consultation) return
  const { hold } = call
  const { partner } = call
  const isAway = partner?.hold.byPhone === true || partner?.parking.isParked === true
  const isWaiting = call.acts.place !== undefined || call.acts.consultation?.waits(call) === true
  const held = hold.byUs || isAway || isWaiting
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

/** Music in place of what a held phone hears; undefined: it stays. */
export function playOtherMusic(ports: Ports, call: LiveCall, music: Sound | undefined): void {
  if (music === undefined || isSame(call.hold.ownMusic, music)) return
  call.hold.ownMusic = music
  if (!call.hold.music) return
  call.hold.music = undefined
  playHoldMusic(ports, call)
}

const isSame = (one: Sound | undefined, other: Sound): boolean =>
  one?.kind === 'music' && other.kind === 'music' && one.name === other.name

async function playTune(ports: Ports, call: LiveCall): Promise<void> {
  const music = call.acts.place?.music ?? call.hold.ownMusic ?? usualMusic(ports)
  try {
    await ports.media.play(call.id, music)
  } catch (error) {
    ports.log.warn('hold music not played', { callId: call.id, error: String(error) })
    if (music !== ownTune) await ports.media.play(call.id, ownTune).catch(() => undefined)
  }
}
