import { microphoneError } from './errors.ts'

/**
 * The microphone that all calls share. It is open while somebody uses it: each call gets a copy of the track,
 * so that muting one call mutes no other.
 */
export class Microphone {
  #constraints: MediaTrackConstraints
  #opening: Promise<MediaStreamTrack> | undefined
  #users = 0

  constructor(constraints: MediaTrackConstraints) {
    this.#constraints = constraints
  }

  /** A track of one's own; give it back by `release`. Rejects with a DeviceError `microphone-...`. */
  async open(): Promise<MediaStreamTrack> {
    this.#users += 1
    try {
      return (await this.#source()).clone()
    } catch (cause) {
      this.#users -= 1
      this.#opening = undefined
      throw microphoneError(cause)
    }
  }

  release(track: MediaStreamTrack): void {
    track.stop()
    this.#users -= 1
    if (this.#users === 0) this.#close()
  }

  /** Another microphone from now on. Rejects, and stays with the old one, when it cannot be opened. */
  async choose(deviceId: string): Promise<void> {
    const constraints = { ...this.#constraints, deviceId: { exact: deviceId } }
    const before = this.#opening
    if (this.#users > 0) {
      const next = this.#take(constraints)
      await next.catch((cause: unknown) => Promise.reject(microphoneError(cause)))
      this.#opening = next
      void before?.then((track) => track.stop()).catch(() => undefined)
    }
    this.#constraints = constraints
  }

  #source(): Promise<MediaStreamTrack> {
    this.#opening ??= this.#take(this.#constraints)
    return this.#opening
  }

  async #take(audio: MediaTrackConstraints): Promise<MediaStreamTrack> {
    const stream = await navigator.mediaDevices.getUserMedia({ audio })
    const [track] = stream.getAudioTracks()
    if (!track) throw new Error('getUserMedia gave no audio track')
    return track
  }

  #close(): void {
    const opening = this.#opening
    this.#opening = undefined
    void opening?.then((track) => track.stop()).catch(() => undefined)
  }
}
