import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, AnnouncementId, CallId } from '../core/ids.ts'
import type { PlayOutcome } from '../core/ports/media.ts'
import type { Microphone, OpenMicrophone } from '../core/ports/microphone.ts'
import type { Account } from '../core/ports/store.ts'
import { playHoldMusic } from './hold-music.ts'
import type { LiveCall } from './live-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'
import { requireUp } from './update-call.ts'

/**
 * Why an announcement is over: it was ended, its call is over, its longest time is up, the call plays
 * something else or was connected, the microphone gives no sound any more, or the engine shuts down.
 */
export const announcementEnds = [
  'stopped',
  'call_ended',
  'max_duration',
  'replaced',
  'microphone_failed',
  'shutdown',
] as const
export type AnnouncementEnd = (typeof announcementEnds)[number]

/** Somebody speaks from the server's microphone into a call. Times are Unix milliseconds. */
export interface Announcement {
  readonly id: AnnouncementId
  readonly accountId: AccountId
  readonly callId: CallId
  readonly startedAtMs: number
  readonly maxDurationMs: number
  /** Null while it is going on. */
  readonly ended: {
    readonly atMs: number
    readonly reason: AnnouncementEnd
    /** What the recorder program said. */
    readonly detail: string | null
  } | null
}

export interface NewAnnouncement {
  readonly callId: CallId
  readonly maxDurationMs: number
}

/** What the APIs can ask of announcements. Another account's is `not_found`. */
export interface AnnouncementDesk {
  /**
   * Begins to speak into a call, in place of what its phone hears; resolves when the microphone is open.
   * Failures `forbidden` (it is the operator's), `not_found`, `call_not_answered`, `call_ended`,
   * `microphone_busy`, `microphone_unavailable`, `draining`.
   */
  begin(account: Account, wanted: NewAnnouncement): Promise<Announcement>
  /** Failure `not_found`. */
  get(account: AccountId, id: AnnouncementId): Announcement
  /** One that is over stays as it is. Failure `not_found`. */
  end(account: AccountId, id: AnnouncementId): Promise<Announcement>
}

/** What lies ready in the ring is no more than that. */
const lastWordsMs = 1_000
/** Those that are over can be asked for until so many others are. */
const keptEnded = 100

interface Speaking {
  readonly call: LiveCall
  readonly microphone: OpenMicrophone
  readonly settled: Promise<void>
  finish(reason: AnnouncementEnd, detail?: string): void
}

export class Announcements implements AnnouncementDesk {
  readonly #ports: Ports
  readonly #calls: LiveCalls
  readonly #microphone: Microphone
  /** The newest last. */
  readonly #known = new Map<AnnouncementId, Announcement>()
  readonly #speaking = new Map<AnnouncementId, Speaking>()

  constructor(ports: Ports, calls: LiveCalls, microphone: Microphone) {
    this.#ports = ports
    this.#calls = calls
    this.#microphone = microphone
  }

  async begin(account: Account, { callId, maxDurationMs }: NewAnnouncement): Promise<Announcement> {
    const { store, clock, ids } = this.#ports
    // Whoever can hear the room that the server stands in is its operator: the first account.
    const operator = await store.accounts.first()
    if (operator?.id !== account.id)
      throw new Failure('forbidden', "the server's microphone is the operator's")
    const call = await requireUp(this.#ports, this.#calls, account.id, callId)
    const microphone = await this.#microphone.open()
    if (call.state.at !== 'up') {
      await microphone.close()
      throw new Failure('call_ended', 'the call is over')
    }
    const announcement: Announcement = {
      ...{ id: ids.uuid() as AnnouncementId, accountId: account.id, callId },
      ...{ startedAtMs: clock.nowMs(), maxDurationMs, ended: null },
    }
    this.#known.set(announcement.id, announcement)
    this.#speak(announcement, call, microphone)
    return announcement
  }

  get(account: AccountId, id: AnnouncementId): Announcement {
    const announcement = this.#known.get(id)
    if (announcement?.accountId !== account)
      throw new Failure('not_found', 'there is no such announcement')
    return announcement
  }

  async end(account: AccountId, id: AnnouncementId): Promise<Announcement> {
    this.get(account, id)
    const speaking = this.#speaking.get(id)
    speaking?.finish('stopped')
    await speaking?.settled
    return this.get(account, id)
  }

  /** Ends all; resolves when the microphone is closed. */
  async close(): Promise<void> {
    const all = [...this.#speaking.values()]
    for (const { finish } of all) finish('shutdown')
    await Promise.all(all.map(({ settled }) => settled))
  }

  #speak(announcement: Announcement, call: LiveCall, microphone: OpenMicrophone): void {
    const { clock, media, log } = this.#ports
    const { id, maxDurationMs } = announcement
    const over = Promise.withResolvers<readonly [AnnouncementEnd, string | undefined]>()
    const finish = (reason: AnnouncementEnd, detail?: string) => over.resolve([reason, detail])
    const disarm = clock.after(maxDurationMs, () => finish('max_duration'))
    void call.ended.then(() => finish('call_ended'))
    void microphone.ended.then((why) => finish('microphone_failed', why))
    const played = media.play(call.id, microphone.sound).then(
      (outcome) => finish(...endOf(outcome)),
      (error: unknown) => {
        log.error('announcement not played', { callId: call.id, error: String(error) })
        finish('microphone_failed', 'its sound could not be played')
      },
    )
    const told = this.#tell(call, 'announcement.started', { announcementId: id })
    const settled = over.promise.then(async ([reason, detail]) => {
      disarm()
      // Its sound ends with it, once what was said last is played.
      await microphone.close()
      if (!(await within(clock, lastWordsMs, played))) media.stop(call.id)
      await told
      await this.#over(announcement, call, reason, detail ?? null)
    })
    this.#speaking.set(id, { call, microphone, settled, finish })
  }

  async #over(
    announcement: Announcement,
    call: LiveCall,
    reason: AnnouncementEnd,
    detail: string | null,
  ): Promise<void> {
    const { id } = announcement
    const atMs = this.#ports.clock.nowMs()
    this.#known.set(id, { ...announcement, ended: { atMs, reason, detail } })
    this.#forgetOldest()
    // It may be held, and have heard music before.
    if (reason !== 'replaced') playHoldMusic(this.#ports, call)
    const data = { announcementId: id, reason, ...(detail !== null && { detail }) }
    await this.#tell(call, 'announcement.ended', data)
    this.#speaking.delete(id)
  }

  #tell(
    call: LiveCall,
    type: 'announcement.started' | 'announcement.ended',
    data: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const told = Promise.withResolvers<void>()
    call.enqueue(() => call.note(type, data).finally(() => told.resolve()))
    return told.promise
  }

  #forgetOldest(): void {
    const ended = [...this.#known.values()].filter((one) => one.ended !== null)
    for (const { id } of ended.slice(0, Math.max(0, ended.length - keptEnded)))
      this.#known.delete(id)
  }
}

/** False when it is not settled in time. */
async function within(clock: Clock, limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const late = Promise.withResolvers<boolean>()
  const disarm = clock.after(limitMs, () => late.resolve(false))
  const inTime = await Promise.race([work.then(() => true), late.promise])
  disarm()
  return inTime
}

/** Why the sound of the microphone is not played any more. */
function endOf(outcome: PlayOutcome): [AnnouncementEnd, string?] {
  switch (outcome) {
    case 'stopped':
      return ['replaced']
    case 'legClosed':
      return ['call_ended']
    case 'finished':
      return ['microphone_failed']
  }
}
