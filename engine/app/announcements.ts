import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, AnnouncementId, CallId, ConferenceId } from '../core/ids.ts'
import type { PlayOutcome } from '../core/ports/media.ts'
import type { Microphone, OpenMicrophone } from '../core/ports/microphone.ts'
import type { Account } from '../core/ports/store.ts'
import { type Audience, audienceOfCall, audienceOfConference } from './announcement-audience.ts'
import { requireUp } from './find-call.ts'
import type { LiveCalls } from './live-calls.ts'
import type { Ports } from './ports.ts'

/**
 * Why an announcement is over: it was ended, its call or conference is over, its longest time is up, the call plays
 * something else or was connected, the microphone gives no sound any more, or the engine shuts down.
 */
export const announcementEnds = [
  'stopped',
  'call_ended',
  'conference_ended',
  'max_duration',
  'replaced',
  'microphone_failed',
  'shutdown',
] as const
export type AnnouncementEnd = (typeof announcementEnds)[number]

/** Somebody speaks from the server's microphone into a call or a conference: one of the two. Times are Unix milliseconds. */
export interface Announcement {
  readonly id: AnnouncementId
  readonly accountId: AccountId
  readonly callId: CallId | null
  readonly conferenceId: ConferenceId | null
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

/** One of the two. */
export interface NewAnnouncement {
  readonly callId?: CallId
  readonly conferenceId?: ConferenceId
  readonly maxDurationMs: number
}

/** What the APIs can ask of announcements. Another account's is `not_found`. */
export interface AnnouncementDesk {
  /**
   * Begins to speak into a call, in place of what its phone hears, or to all who are in a conference; resolves
   * when the microphone is open. Failures `forbidden` (it is the operator's), `not_found`, `call_not_answered` (also
   * of a conference in which nobody is yet), `call_ended`, `conference_ended`, `microphone_busy`,
   * `microphone_unavailable`, `draining`.
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

  async begin(account: Account, wanted: NewAnnouncement): Promise<Announcement> {
    const { store, clock, ids } = this.#ports
    // Whoever can hear the room that the server stands in is its operator: the first account.
    const operator = await store.accounts.first()
    if (operator?.id !== account.id)
      throw new Failure('forbidden', "the server's microphone is the operator's")
    const audience = await this.#audience(account.id, wanted)
    const microphone = await this.#microphone.open()
    if (!audience.isThere()) {
      await microphone.close()
      if (audience.callId !== null) throw new Failure('call_ended', 'the call is over')
      throw new Failure('conference_ended', 'the conference is over')
    }
    const { callId, conferenceId } = audience
    const { maxDurationMs } = wanted
    const announcement: Announcement = {
      ...{ id: ids.uuid() as AnnouncementId, accountId: account.id, callId, conferenceId },
      ...{ startedAtMs: clock.nowMs(), maxDurationMs, ended: null },
    }
    this.#known.set(announcement.id, announcement)
    this.#speak(announcement, audience, microphone)
    return announcement
  }

  async #audience(
    account: AccountId,
    { callId, conferenceId }: NewAnnouncement,
  ): Promise<Audience> {
    const ports = this.#ports
    if (callId !== undefined) {
      return audienceOfCall(ports, await requireUp(ports, this.#calls, account, callId))
    }
    const conference = conferenceId && this.#calls.conferences.get(conferenceId)
    if (conference?.account.id === account) {
      if (conference.roomIsOpen) return audienceOfConference(conference)
      throw new Failure('call_not_answered', 'nobody is in the conference yet')
    }
    const stored = conferenceId && (await ports.store.conferences.get(account, conferenceId))
    if (stored) throw new Failure('conference_ended', 'the conference is over')
    throw new Failure('not_found', 'there is no such conference')
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

  #speak(announcement: Announcement, audience: Audience, microphone: OpenMicrophone): void {
    const { clock, log } = this.#ports
    const gone = audience.callId === null ? 'conference_ended' : 'call_ended'
    const { id, maxDurationMs } = announcement
    const over = Promise.withResolvers<readonly [AnnouncementEnd, string | undefined]>()
    const finish = (reason: AnnouncementEnd, detail?: string) => over.resolve([reason, detail])
    const disarm = clock.after(maxDurationMs, () => finish('max_duration'))
    void audience.ended.then(() => finish(gone))
    void microphone.ended.then((why) => finish('microphone_failed', why))
    const played = audience.play(microphone.sound).then(
      (outcome) => finish(...endOf(outcome, gone)),
      (error: unknown) => {
        log.error('announcement not played', { announcementId: id, error: String(error) })
        finish('microphone_failed', 'its sound could not be played')
      },
    )
    const told = audience.tell('started', { announcementId: id })
    const settled = over.promise.then(async ([reason, detail]) => {
      disarm()
      // Its sound ends with it, once what was said last is played.
      await microphone.close()
      if (!(await within(clock, lastWordsMs, played))) audience.stop()
      await told
      await this.#over(announcement, audience, reason, detail ?? null)
    })
    this.#speaking.set(id, { microphone, settled, finish })
  }

  async #over(
    announcement: Announcement,
    audience: Audience,
    reason: AnnouncementEnd,
    detail: string | null,
  ): Promise<void> {
    const { id } = announcement
    const atMs = this.#ports.clock.nowMs()
    this.#known.set(id, { ...announcement, ended: { atMs, reason, detail } })
    this.#forgetOldest()
    if (reason !== 'replaced') audience.resume()
    const data = { announcementId: id, reason, ...(detail !== null && { detail }) }
    await audience.tell('ended', data)
    this.#speaking.delete(id)
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
function endOf(outcome: PlayOutcome, gone: AnnouncementEnd): [AnnouncementEnd, string?] {
  switch (outcome) {
    case 'stopped':
      return ['replaced']
    case 'legClosed':
      return [gone]
    case 'finished':
      return ['microphone_failed']
  }
}
