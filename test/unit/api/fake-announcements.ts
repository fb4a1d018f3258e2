import type {
  Announcement,
  AnnouncementDesk,
  NewAnnouncement,
} from '../../../engine/app/announcements.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { AccountId, AnnouncementId } from '../../../engine/core/ids.ts'
import type { Account } from '../../../engine/core/ports/store.ts'

/** Announcements that nobody hears, with the rules that an API can see. */
export class FakeAnnouncements implements AnnouncementDesk {
  readonly asked: NewAnnouncement[] = []
  readonly #uuid: () => string
  readonly #nowMs: () => number
  readonly #known = new Map<AnnouncementId, Announcement>()
  /** Thrown by the next request that would begin one. */
  refuse: Failure | undefined

  constructor(uuid: () => string, nowMs: () => number) {
    this.#uuid = uuid
    this.#nowMs = nowMs
  }

  async begin(account: Account, wanted: NewAnnouncement): Promise<Announcement> {
    const { refuse } = this
    this.refuse = undefined
    if (refuse) throw refuse
    this.asked.push(wanted)
    const id = this.#uuid() as AnnouncementId
    const startedAtMs = this.#nowMs()
    const { callId = null, conferenceId = null, maxDurationMs } = wanted
    const announcement = {
      ...{ id, accountId: account.id, startedAtMs, ended: null },
      ...{ callId, conferenceId, maxDurationMs },
    }
    this.#known.set(id, announcement)
    return announcement
  }

  get(account: AccountId, id: AnnouncementId): Announcement {
    const announcement = this.#known.get(id)
    if (announcement?.accountId !== account) throw new Failure('not_found', 'no such announcement')
    return announcement
  }

  async end(account: AccountId, id: AnnouncementId): Promise<Announcement> {
    const announcement = this.get(account, id)
    if (announcement.ended) return announcement
    const ended = { atMs: this.#nowMs(), reason: 'stopped', detail: null } as const
    this.#known.set(id, { ...announcement, ended })
    return this.get(account, id)
  }

  /** The recorder program says that, and ends. */
  fail(id: AnnouncementId, detail: string): void {
    const known = this.#known.get(id)
    const ended = { atMs: this.#nowMs(), reason: 'microphone_failed', detail } as const
    if (known) this.#known.set(id, { ...known, ended })
  }
}
