import type { EventDraft } from '../../core/events.ts'
import { Failure } from '../../core/failures.ts'
import { type Bridge, Seat } from '../bridge.ts'
import { playHoldMusic } from '../hold-music.ts'
import { refusalOf } from '../incoming-status.ts'
import type { LiveCall } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { connectAudio } from './audio.ts'

export interface Parties {
  readonly bridge: Bridge
  /** Who is transferred, and hears music meanwhile. */
  readonly kept: LiveCall
  /** Who talks to the target first. */
  readonly by: LiveCall
  readonly target: LiveCall
  readonly to: string
}

/**
 * An attended transfer: `by` talks to the target first. It is completed or cancelled once; `by` completes it too when
 * he hangs up, and the end of one of the others cancels it. Completed before the target has answered it goes on as a
 * blind one. The bridge of the two counts as kept until the end.
 */
export class Consultation {
  readonly #ports: Ports
  readonly #of: Parties
  #isCompleting = false
  #isOver = false

  constructor(ports: Ports, of: Parties) {
    this.#ports = ports
    this.#of = of
    const { kept, by, target, to } = of
    for (const call of [kept, by, target]) call.acts.consultation = this
    this.#note('transfer.started', { to, target: target.id, mode: 'attended' })
    this.#ring(by)
    playHoldMusic(ports, kept)
    void target.answered.then((isAnswered) => isAnswered && this.#guarded(() => this.#answered()))
    void target.ended.then((record) => this.#guarded(() => this.#undo(refusalOf(record))))
    void kept.ended.then(() => this.#guarded(() => this.#undo(487)))
    void by.ended.then(() => this.#guarded(() => this.complete()))
  }

  /** The call hears music until it is known what becomes of it. */
  waits(call: LiveCall): boolean {
    return call === this.#of.kept && !this.#isOver && !this.#isCompleting
  }

  /** The one who is transferred gets the target, now or as soon as that answers. Failure `no_transfer`. */
  async complete(): Promise<void> {
    this.#requireOpen()
    const { kept, target } = this.#of
    if (target.state.at === 'up') return this.#finish()
    if (this.#isCompleting) return
    this.#isCompleting = true
    playHoldMusic(this.#ports, kept)
    this.#ring(kept)
  }

  /** The two who talked before talk again. Failure `no_transfer`. */
  async cancel(): Promise<void> {
    this.#requireOpen()
    await this.#undo('canceled')
  }

  #requireOpen(): void {
    if (this.#isOver) throw new Failure('no_transfer', 'the transfer has come to its end')
  }

  #ring(call: LiveCall): void {
    this.#ports.media.play(call.id, { kind: 'tone', tone: 'ringback' }).catch((error: unknown) => {
      this.#ports.log.debug('no ringback', { callId: call.id, error: String(error) })
    })
  }

  async #answered(): Promise<void> {
    const { by, target } = this.#of
    this.#note('transfer.progress', { sipStatus: 200 })
    if (this.#isCompleting) await this.#finish()
    else await this.#ports.media.bridge(by.id, target.id)
  }

  async #finish(): Promise<void> {
    const { bridge, kept, by, target, to } = this.#of
    if (kept.state.at !== 'up' || target.state.at !== 'up') return this.#undo(487)
    this.#end()
    try {
      await bridge.replace(by, new Seat(target, 'hangUp'))
    } finally {
      bridge.settle()
    }
    this.#note('transfer.completed', { to })
    if (!by.over.aborted) by.feed({ is: 'hangup', by: 'peer' })
  }

  async #undo(why: number | 'canceled'): Promise<void> {
    const { bridge, kept, by, target, to } = this.#of
    this.#end()
    if (!target.over.aborted) target.feed({ is: 'hangup', by: 'peer' })
    for (const call of [kept, by]) this.#ports.media.stop(call.id)
    try {
      if (kept.state.at === 'up' && by.state.at === 'up') {
        await connectAudio(this.#ports, kept, by)
      }
    } finally {
      bridge.settle()
    }
    if (why === 'canceled') this.#note('transfer.canceled', { to })
    else this.#note('transfer.failed', { to, sipStatus: why })
  }

  #end(): void {
    const { kept, by, target } = this.#of
    this.#isOver = true
    for (const call of [kept, by, target]) {
      if (call.acts.consultation === this) call.acts.consultation = undefined
    }
  }

  /** What happens to one of the three; nobody waits for what comes of it. */
  #guarded(act: () => Promise<void>): void {
    if (this.#isOver) return
    act().catch((error: unknown) => {
      const callId = this.#of.kept.id
      this.#ports.log.error('transfer failed', { callId, error: String(error) })
      if (!this.#isOver) this.#guarded(() => this.#undo(500))
    })
  }

  #note(type: EventDraft['type'], data: EventDraft['data']): void {
    const { kept, by } = this.#of
    const log = kept.over.aborted ? by : kept
    log.enqueue(() => log.note(type, data))
  }
}
