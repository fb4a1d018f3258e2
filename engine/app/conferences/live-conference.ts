import type { ConferenceRecord } from '../../core/conference.ts'
import {
  beginConference,
  type ConferenceEffect,
  type ConferenceInput,
  type ConferenceState,
  stepConference,
} from '../../core/conference-table.ts'
import type { ConferenceEventType } from '../../core/events.ts'
import { Failure } from '../../core/failures.ts'
import type { CallId, ConferenceId } from '../../core/ids.ts'
import type { ToldConference } from '../../core/ports/conferences.ts'
import type { Account } from '../../core/ports/store.ts'
import type { RunningRecording } from '../live-call.ts'
import type { Ports } from '../ports.ts'
import { shownMode } from '../recordings/mode.ts'
import type { ConferenceNow } from './desk.ts'
import { Follow } from './follow.ts'
import type { Member } from './member.ts'
import { RoomSounds } from './sounds.ts'

/** What was said is told in so many at a time: a lively room must not be a commit per word. */
const speechEventsMs = 250

/** What the store refuses is tried again after this, then after twice that, and so on; in all for two minutes. */
const refusedMs = 1_000
const mostRefusals = 8
const mostUnsaid = 1_000

/** Carries out one effect of the table; from inside a job. */
type Perform = (conference: LiveConference, effect: ConferenceEffect) => Promise<void>

/**
 * A conference that is not over: its state, its members, its queue. All that changes it is a job of the queue,
 * one at a time; a job never waits for another job.
 */
export class LiveConference {
  readonly id: ConferenceId
  readonly account: Account
  record: ConferenceRecord
  state: ConferenceState = beginConference[0]
  readonly members = new Map<CallId, Member>()
  /** Places that are taken by somebody who has no call yet. */
  reserved = 0
  /** A moderator has been there, or none is waited for. */
  isOpen = false
  roomIsOpen = false
  activeSpeaker: CallId | null = null
  recording: RunningRecording | undefined
  readonly timers = new Set<() => void>()
  /** Settles when everybody has been let go. */
  readonly ended = Promise.withResolvers<void>()
  readonly sounds: RoomSounds
  readonly follow: Follow

  readonly #ports: Ports
  readonly #perform: Perform
  #tail: Promise<unknown> = Promise.resolve()
  /** Of who speaks, not stored yet, and what the store has refused. */
  #unsaid: ToldConference[] = []
  /** Of the store, one after the other. */
  #refusals = 0
  #disarmUnsaid: (() => void) | undefined

  constructor(ports: Ports, account: Account, record: ConferenceRecord, perform: Perform) {
    this.id = record.id
    this.account = account
    this.record = record
    this.#ports = ports
    this.#perform = perform
    this.sounds = new RoomSounds(ports, record.id)
    this.follow = new Follow(ports, this)
  }

  /** Stores the fresh conference. Rejects, and nothing has begun, if it can't be. */
  async begin(): Promise<void> {
    await this.#ports.store.conferences.commit(this.record, [this.told('conference.created')])
    await this.wait()
  }

  /** For its first member: a fresh one, or one that is stored already. */
  async wait(): Promise<void> {
    const [, ...effects] = beginConference
    for (const effect of effects) await this.#perform(this, effect)
  }

  get now(): ConferenceNow {
    return {
      record: this.record,
      participantCount: this.connected().length,
      activeSpeaker: this.activeSpeaker,
      recordingId: this.recording?.id ?? null,
      recordingMode: this.recording ? shownMode(this.recording.mode) : null,
    }
  }

  get isOver(): boolean {
    return this.state.at === 'completed'
  }

  connected(): Member[] {
    return [...this.members.values()].filter((member) => member.isConnected)
  }

  /** Runs a job in its turn; what it rejects with is for whoever asked. */
  enqueue<Result>(job: () => Promise<Result>): Promise<Result> {
    const done = this.#tail.then(job)
    this.#tail = done.catch((error: unknown) => {
      if (error instanceof Failure) return
      this.#ports.log.error('conference job failed', {
        conferenceId: this.id,
        error: String(error),
      })
    })
    return done
  }

  /** A job that nobody waits for. */
  later(job: () => Promise<void>): void {
    this.enqueue(job).catch(() => undefined)
  }

  /** One step of the table, from inside a job; `also` is told in the same commit, before what comes of it. */
  async apply(input: ConferenceInput, also: readonly ToldConference[] = []): Promise<void> {
    const step = stepConference(this.state, input)
    if (!step) {
      if (also.length > 0) await this.commit(also)
      return
    }
    const [next, ...effects] = step
    const before = this.state.at
    this.state = next
    this.#amend(next)
    const begun = next.at === 'in-progress' && before === 'init'
    await this.commit([...(begun ? [this.told('conference.started')] : []), ...also])
    this.follow.conferenceChanged()
    for (const effect of effects) await this.#perform(this, effect)
  }

  #amend(next: ConferenceState): void {
    const nowMs = this.#ports.clock.nowMs()
    if (next.at === 'in-progress') {
      this.record = { ...this.record, status: 'in-progress', startedAtMs: nowMs }
    }
    if (next.at === 'completed') {
      const { because } = next
      this.record = { ...this.record, status: 'completed', endedAtMs: nowMs, endReason: because }
    }
  }

  /** An event as things are now. */
  told(
    type: ConferenceEventType,
    data: Readonly<Record<string, unknown>> = {},
    about?: Member,
  ): ToldConference {
    const callId = about?.call.id
    return {
      draft: {
        ...{ type, conferenceId: this.id, atMs: this.#ports.clock.nowMs() },
        data: { ...(callId !== undefined && { callId }), ...data },
      },
      participantCount: this.connected().length,
      participant: about?.shown(this.id) ?? null,
    }
  }

  /** Stores the record and what has happened. A store that fails must not stop those who talk. */
  async commit(events: readonly ToldConference[] = []): Promise<void> {
    const all = [...this.#takeUnsaid(), ...events]
    try {
      await this.#ports.store.conferences.commit(this.record, all)
      this.#refusals = 0
    } catch (error) {
      this.#ports.log.error('conference not stored', {
        conferenceId: this.id,
        error: String(error),
      })
      this.#tryAgain(all)
    }
  }

  /** With the next commit, or soon; somebody waits to be told, if only that it is over. */
  #tryAgain(events: readonly ToldConference[]): void {
    this.#unsaid = [...events, ...this.#unsaid].slice(-mostUnsaid)
    const waitMs = refusedMs * 2 ** this.#refusals
    this.#refusals = Math.min(this.#refusals + 1, mostRefusals)
    if (this.#refusals < mostRefusals) this.#commitIn(waitMs)
  }

  #commitIn(waitMs: number): void {
    this.#disarmUnsaid ??= this.#ports.clock.after(waitMs, () => {
      this.#disarmUnsaid = undefined
      this.later(() => this.commit())
    })
  }

  /** Tells of who speaks, soon. */
  say(event: ToldConference): void {
    if (this.isOver) return
    this.#unsaid.push(event)
    this.#commitIn(speechEventsMs)
  }

  #takeUnsaid(): ToldConference[] {
    this.#disarmUnsaid?.()
    this.#disarmUnsaid = undefined
    const unsaid = this.#unsaid
    this.#unsaid = []
    return unsaid
  }
}
