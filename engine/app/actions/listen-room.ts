import type { ConferenceId } from '../../core/ids.ts'
import type { MemberOptions } from '../../core/ports/media.ts'
import type { LiveConference } from '../conferences/live-conference.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'

/** A supervisor is heard by nobody, by the one to whom he listens, or by both. */
export const listenModes = ['listen', 'whisper', 'barge'] as const
export type ListenMode = (typeof listenModes)[number]

const plain: MemberOptions = {
  ...{ muted: false, deaf: false, heardBy: null, priority: false },
  ...{ gainInDb: 0, gainOutDb: 0 },
}
const asTheyAre = { talkers: 0, gainControl: false, noiseGate: false }

/**
 * Where supervisors hear a call and whoever it talks to at the time: a room of the media side in place of the bridge's
 * own audio. Who talks to whom, and what comes of the end of one, stays the bridge's.
 */
export class ListenRoom {
  readonly #ports: Ports
  readonly #id: ConferenceId
  readonly #watched: LiveCall
  readonly #listeners = new Map<LiveCall, ListenMode>()
  #isOpen = false
  /** Whose legs were brought in. */
  #inside = new Set<LiveCall>()
  #tail: Promise<void> = Promise.resolve()
  readonly #moved = Promise.withResolvers<LiveConference>()
  #isMoved = false

  constructor(ports: Ports, watched: LiveCall) {
    this.#ports = ports
    this.#watched = watched
    this.#id = ports.ids.uuid() as ConferenceId
    watched.acts.room = this
  }

  /** The watched one is in a conference: its leg is there now, and whoever listens has to come, too. */
  follow(conference: LiveConference): void {
    this.#isMoved = true
    this.#inside.delete(this.#watched)
    this.#moved.resolve(conference)
  }

  /** Settles with the conference into which the watched one has gone. */
  get moved(): Promise<LiveConference> {
    return this.#moved.promise
  }

  enter(listener: LiveCall, mode: ListenMode): Promise<void> {
    this.#listeners.set(listener, mode)
    return this.settle()
  }

  leave(listener: LiveCall): Promise<void> {
    this.#listeners.delete(listener)
    this.#inside.delete(listener)
    if (this.#listeners.size === 0 && this.#watched.acts.room === this) {
      this.#watched.acts.room = undefined
    }
    return this.settle([], listener)
  }

  /** Brings everybody in who is to be there, one change after the other; `moved` were elsewhere meanwhile. */
  settle(moved: readonly LiveCall[] = [], left?: LiveCall): Promise<void> {
    const done = this.#tail.then(() => this.#settle(moved, left))
    this.#tail = done.catch((error: unknown) => {
      this.#ports.log.warn('listeners not connected', {
        callId: this.#watched.id,
        error: String(error),
      })
    })
    return done
  }

  async #settle(moved: readonly LiveCall[], left: LiveCall | undefined): Promise<void> {
    const { media } = this.#ports
    if (left?.state.at === 'up') await media.leaveRoom(left.id)
    const { partner } = this.#watched
    const parties = this.#isMoved ? [] : [this.#watched, ...(partner ? [partner] : [])]
    if (this.#listeners.size === 0) return this.#close(parties)
    if (!this.#isOpen) {
      await media.openRoom(this.#id, asTheyAre)
      this.#isOpen = true
    }
    for (const call of moved) this.#inside.delete(call)
    const wanted = [...parties, ...this.#listeners.keys()]
    for (const call of this.#inside) if (!wanted.includes(call)) await this.#letGo(call)
    for (const call of wanted) await this.#bringIn(call)
  }

  async #bringIn(call: LiveCall): Promise<void> {
    if (this.#inside.has(call) || call.state.at !== 'up') return
    this.#inside.add(call)
    await this.#ports.media.joinRoom(this.#id, call.id, this.#optionsOf(call))
  }

  /** Does not talk to the watched one any more. In another bridge it is out of here already. */
  async #letGo(call: LiveCall): Promise<void> {
    this.#inside.delete(call)
    if (call.state.at === 'up' && !call.bridge) await this.#ports.media.leaveRoom(call.id)
  }

  /** Those who talk talk on as they did before. */
  async #close(parties: readonly LiveCall[]): Promise<void> {
    const { media } = this.#ports
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#inside.clear()
    const [a, b] = parties.filter(({ state }) => state.at === 'up')
    if (a && b) await media.bridge(a.id, b.id)
    else if (a) await media.leaveRoom(a.id)
    await media.closeRoom(this.#id)
  }

  #optionsOf(call: LiveCall): MemberOptions {
    const mode = this.#listeners.get(call)
    if (mode === 'listen') return { ...plain, muted: true }
    return mode === 'whisper' ? { ...plain, heardBy: [this.#watched.id] } : plain
  }
}
