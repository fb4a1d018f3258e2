import { microphoneError } from './errors.ts'

/**
 * The microphone that all calls share. It is open while somebody uses it: each call gets a copy of the track,
 * so that muting one call mutes no other.
 */
export class Microphone {
  #constraints: MediaTrackConstraints
  #opening: Promise<MediaStreamTrack> | undefined
  /** Who waits for a track, and the tracks that are out. */
  #waiting = 0
  readonly #tracks = new Set<MediaStreamTrack>()

  constructor(constraints: MediaTrackConstraints) {
    this.#constraints = constraints
  }

  /** A track of one's own; give it back by `release`. Rejects with a DeviceError `microphone-...`. */
  async open(): Promise<MediaStreamTrack> {
    this.#waiting += 1
    try {
      const track = (await this.#source()).clone()
      this.#tracks.add(track)
      return track
    } catch (cause) {
      throw microphoneError(cause)
    } finally {
      this.#waiting -= 1
      this.#closeUnused()
    }
  }

  /** What was given back already stays so. */
  release(track: MediaStreamTrack): void {
    track.stop()
    this.#tracks.delete(track)
    this.#closeUnused()
  }

  /** Another microphone from now on. Rejects, and stays with the old one, when it cannot be opened. */
  async choose(deviceId: string): Promise<void> {
    const constraints = { ...this.#constraints, deviceId: { exact: deviceId } }
    if (this.#isUsed) {
      const next = take(constraints)
      await next.catch((cause: unknown) => Promise.reject(microphoneError(cause)))
      const before = this.#opening
      this.#opening = next
      stopWhenOpen(before)
    }
    this.#constraints = constraints
    // Whoever used it may have ended meanwhile.
    this.#closeUnused()
  }

  get #isUsed(): boolean {
    return this.#waiting + this.#tracks.size > 0
  }

  /** Open already, unless that came to nothing or it was unplugged since. */
  async #source(): Promise<MediaStreamTrack> {
    const opening = this.#opening
    const there = await opening?.catch(() => undefined)
    if (there && there.readyState !== 'ended') return there
    if (this.#opening === opening) this.#opening = take(this.#constraints)
    return this.#opening ?? take(this.#constraints)
  }

  #closeUnused(): void {
    if (this.#isUsed) return
    const opening = this.#opening
    this.#opening = undefined
    stopWhenOpen(opening)
  }
}

async function take(audio: MediaTrackConstraints): Promise<MediaStreamTrack> {
  const stream = await navigator.mediaDevices.getUserMedia({ audio })
  const [track] = stream.getAudioTracks()
  if (!track) throw new Error('getUserMedia gave no audio track')
  return track
}

function stopWhenOpen(opening: Promise<MediaStreamTrack> | undefined): void {
  opening?.then(
    (track) => track.stop(),
    () => undefined,
  )
}
