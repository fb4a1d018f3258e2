import type { CallId } from '../../core/ids.ts'
import type { MemberLevel } from '../../core/ports/media.ts'
import type { Ports } from '../ports.ts'
import type { ConferenceFollower, ConferenceNews } from './desk.ts'
import type { LiveConference } from './live-conference.ts'

/** One message in this time. */
const tickMs = 100

/**
 * Tells those who look on. Nothing is done while nobody does. Every other message may be one of levels, so that
 * they come five times a second; the others tell what has changed since, a kind at a time.
 */
export class Follow {
  readonly #ports: Ports
  readonly #conference: LiveConference
  readonly #followers = new Set<ConferenceFollower>()
  readonly #changed = new Set<CallId>()
  readonly #gone = new Set<CallId>()
  #conferenceIsChanged = false
  readonly #levels = new Map<CallId, MemberLevel>()
  #disarm: (() => void) | undefined
  #isLevelsTurn = false

  constructor(ports: Ports, conference: LiveConference) {
    this.#ports = ports
    this.#conference = conference
  }

  get count(): number {
    return this.#followers.size
  }

  add(follower: ConferenceFollower): void {
    const { now, members, id } = this.#conference
    const participants = [...members.values()].map((member) => member.shown(id))
    this.#followers.add(follower)
    follower.tell({ is: 'all', conference: now, participants })
    this.#arm()
  }

  remove(follower: ConferenceFollower): void {
    this.#followers.delete(follower)
    if (this.#followers.size > 0) return
    this.#disarm?.()
    this.#disarm = undefined
    this.#forget()
  }

  conferenceChanged(): void {
    if (this.#followers.size > 0) this.#conferenceIsChanged = true
  }

  memberChanged(callId: CallId): void {
    if (this.#followers.size === 0) return
    this.#gone.delete(callId)
    this.#changed.add(callId)
  }

  memberGone(callId: CallId): void {
    if (this.#followers.size === 0) return
    this.#changed.delete(callId)
    this.#levels.delete(callId)
    this.#gone.add(callId)
  }

  /** The conference is over. */
  end(): void {
    const followers = [...this.#followers]
    this.#tell({ is: 'ended' })
    this.#followers.clear()
    this.#disarm?.()
    this.#disarm = undefined
    this.#forget()
    for (const follower of followers) follower.end()
  }

  #forget(): void {
    this.#changed.clear()
    this.#gone.clear()
    this.#levels.clear()
    this.#conferenceIsChanged = false
  }

  #arm(): void {
    this.#disarm ??= this.#ports.clock.after(tickMs, () => {
      this.#disarm = undefined
      if (this.#followers.size === 0) return
      this.#arm()
      this.#tick()
    })
  }

  #tick(): void {
    this.#isLevelsTurn = !this.#isLevelsTurn
    if (this.#isLevelsTurn) {
      void this.#tellLevels()
      return
    }
    const news = this.#next()
    if (news) this.#tell(news)
  }

  #next(): ConferenceNews | undefined {
    const { members, id, now } = this.#conference
    if (this.#gone.size > 0) {
      const callIds = [...this.#gone]
      this.#gone.clear()
      return { is: 'gone', callIds }
    }
    const participants = [...this.#changed].flatMap((callId) => {
      const member = members.get(callId)
      return member ? [member.shown(id)] : []
    })
    this.#changed.clear()
    if (participants.length > 0) return { is: 'participants', participants }
    if (!this.#conferenceIsChanged) return undefined
    this.#conferenceIsChanged = false
    return { is: 'conference', conference: now }
  }

  async #tellLevels(): Promise<void> {
    try {
      const levels = await this.#ports.media.levels(this.#conference.id)
      const fresh = levels.filter((level) => this.#isNew(level))
      if (fresh.length > 0 && this.#followers.size > 0) this.#tell({ is: 'levels', levels: fresh })
      else {
        const news = this.#next()
        if (news) this.#tell(news)
      }
    } catch (error) {
      this.#ports.log.debug('no levels', { error: String(error) })
    }
  }

  #isNew(level: MemberLevel): boolean {
    const { callId, levelDb, speaking } = level
    const before = this.#levels.get(callId)
    const isSame =
      before?.speaking === speaking && Math.round(before.levelDb) === Math.round(levelDb)
    if (!isSame) this.#levels.set(callId, level)
    return !isSame
  }

  #tell(news: ConferenceNews): void {
    for (const follower of this.#followers) {
      try {
        follower.tell(news)
      } catch (error) {
        this.#ports.log.debug('a page that looks on is gone', { error: String(error) })
      }
    }
  }
}
