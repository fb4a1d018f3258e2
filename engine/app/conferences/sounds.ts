import type { ConferenceId } from '../../core/ids.ts'
import type { PlayOutcome, Sound } from '../../core/ports/media.ts'
import type { Ports } from '../ports.ts'

/** More who come or go in this time, and they do so without a sound: 250 tones in a row are no greeting. */
const quietAboveDoors = 20
const doorsMs = 10_000
/** What waits to be heard in the room. */
const mostWaiting = 8

/**
 * What a whole room hears beside its members. What the API plays comes first and ends what went before; tones,
 * names and warnings are heard one after the other, and not at all while the API plays.
 */
export class RoomSounds {
  readonly #ports: Ports
  readonly #room: ConferenceId
  #playing: object | undefined
  #waiting: Sound[] = []
  #isChiming = false
  #doors: number[] = []

  constructor(ports: Ports, room: ConferenceId) {
    this.#ports = ports
    this.#room = room
  }

  /** For the API. Resolves when it is over. */
  async play(sound: Sound): Promise<PlayOutcome> {
    const playing = {}
    this.#playing = playing
    this.#waiting = []
    try {
      return await this.#ports.media.playToRoom(this.#room, sound)
    } finally {
      if (this.#playing === playing) this.#playing = undefined
    }
  }

  /** Ends what the API plays. */
  stop(): void {
    this.#playing = undefined
    this.#ports.media.stopRoom(this.#room)
  }

  /** True when so many come and go that none of them is told of. */
  isStorm(): boolean {
    const nowMs = this.#ports.clock.monotonicMs()
    this.#doors = [...this.#doors.filter((atMs) => atMs > nowMs - doorsMs), nowMs]
    return this.#doors.length > quietAboveDoors
  }

  /** In its turn. Resolves when it is over or will not be heard. */
  chime(...sounds: Sound[]): void {
    if (this.#playing || this.#waiting.length + sounds.length > mostWaiting) return
    this.#waiting.push(...sounds)
    if (!this.#isChiming) void this.#chimeAll()
  }

  close(): void {
    this.#waiting = []
  }

  async #chimeAll(): Promise<void> {
    this.#isChiming = true
    for (let sound = this.#waiting.shift(); sound; sound = this.#waiting.shift()) {
      await this.#chime(sound)
    }
    this.#isChiming = false
  }

  async #chime(sound: Sound): Promise<void> {
    try {
      await this.#ports.media.playToRoom(this.#room, sound)
    } catch (error) {
      this.#ports.log.warn('sound not played to a conference', {
        conferenceId: this.#room,
        error: String(error),
      })
    }
  }
}
