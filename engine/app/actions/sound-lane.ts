import { Failure } from '../../core/failures.ts'
import { playHoldMusic } from '../hold-music.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import type { HeardSound } from '../sound-of.ts'
import { tellFaults } from '../speech/speaking.ts'

/** In place of what the phone hears, or over it. */
export type LaneKind = 'instead' | 'over'

/** Why a sound is not heard any more; `call_ended` is not told, as the call's own end is. */
type PlaybackEnd = 'finished' | 'stopped' | 'replaced' | 'failed' | 'call_ended'

export interface Playback {
  /** Of all sides that hear it. */
  readonly id: string
  readonly heard: HeardSound
  /** Called when it is not heard here any more, and will not be. */
  over(): void
}

interface Item extends Playback {
  /** Said before it is stopped. */
  end?: PlaybackEnd
}

/** What waits to be heard on one call. */
const mostWaiting = 20

/** What live actions play on one call in one way, one sound after the other. */
export class SoundLane {
  readonly #ports: Ports
  readonly #call: LiveCall
  readonly #kind: LaneKind
  #now: Item | undefined
  #waiting: Item[] = []

  constructor(ports: Ports, call: LiveCall, kind: LaneKind) {
    this.#ports = ports
    this.#call = call
    this.#kind = kind
  }

  get isBusy(): boolean {
    return this.#now !== undefined
  }

  /** For one more that is to wait. Failure `limit_reached`. */
  requireRoom(): void {
    if (this.#waiting.length < mostWaiting) return
    throw new Failure('limit_reached', `${mostWaiting} sounds wait on the call already`)
  }

  /** After what is there, or in its place. Failure `limit_reached`. */
  add(playback: Playback, isQueued: boolean): void {
    if (!isQueued) this.#endAll('replaced')
    this.requireRoom()
    this.#waiting.push({ ...playback })
    if (!this.#now) void this.#run()
  }

  /** Ends all, or the one of that id. False when it is not there. */
  stop(id?: string): boolean {
    if (id === undefined) {
      const isBusy = this.#now !== undefined
      this.#endAll('stopped')
      return isBusy
    }
    if (this.#now?.id === id) {
      this.#silence('stopped')
      return true
    }
    const found = this.#waiting.find((item) => item.id === id)
    if (!found) return false
    this.#waiting = this.#waiting.filter((item) => item !== found)
    this.#tellEnd(found, 'stopped')
    return true
  }

  #endAll(how: 'stopped' | 'replaced'): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#silence(how)
    for (const item of waiting) this.#tellEnd(item, how)
  }

  #silence(how: 'stopped' | 'replaced'): void {
    if (!this.#now) return
    this.#now.end ??= how
    const { media } = this.#ports
    if (this.#kind === 'over') media.stopOver(this.#call.id)
    else media.stop(this.#call.id)
  }

  async #run(): Promise<void> {
    for (let item = this.#waiting.shift(); item; item = this.#waiting.shift()) {
      this.#now = item
      const outcome = this.#call.over.aborted ? 'call_ended' : await this.#play(item)
      if (outcome === 'call_ended') item.over()
      else this.#tellEnd(item, item.end ?? outcome)
      this.#now = undefined
    }
    // It may be on hold still.
    if (this.#kind === 'instead') playHoldMusic(this.#ports, this.#call)
  }

  async #play({ id, heard }: Item): Promise<PlaybackEnd> {
    const { media, log } = this.#ports
    const call = this.#call
    call.enqueue(() => call.note('playback.started', { playbackId: id, way: this.#kind }))
    try {
      const sound = heard.sound()
      const playing =
        this.#kind === 'over' ? media.playOver(call.id, sound) : media.play(call.id, sound)
      const outcome = await playing
      return outcome === 'legClosed' ? 'call_ended' : outcome
    } catch (error) {
      log.warn('not played to a call', { callId: call.id, error: String(error) })
      return 'failed'
    }
  }

  #tellEnd({ id, heard, over }: Item, reason: PlaybackEnd): void {
    const call = this.#call
    const { speaking } = heard
    if (speaking) call.enqueue(() => tellFaults(call, speaking))
    call.enqueue(() => call.note('playback.ended', { playbackId: id, reason }))
    over()
  }
}
