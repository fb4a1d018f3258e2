import type { Clock } from '../core/clock.ts'
import type { LoggedEvent } from '../core/events.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, CallId, DeviceId } from '../core/ids.ts'
import type { Log } from '../core/ports/observe.ts'
import type { DeviceRecord, Store } from '../core/ports/store.ts'

/** What a device's page has to read again; `ready` when it begins, `restarting` when the engine ends. */
export type News = 'ready' | 'contacts' | 'calls' | 'voicemails' | 'restarting'

/** Whoever follows. `sequence` is how far the account's log had come. */
export interface Follower {
  tell(news: News, sequence: number): void
  /** Nothing more comes. */
  end(): void
}

export interface Follow {
  readonly device: DeviceRecord
  /** How far it had come before; it is told what it has missed since. */
  readonly after?: number | undefined
  /** It ends then: its token is over. */
  readonly untilMs?: number | undefined
}

interface FeedPorts {
  readonly store: {
    readonly events: Pick<Store['events'], 'after' | 'last' | 'watch'>
    readonly calls: Pick<Store['calls'], 'get'>
  }
  readonly clock: Clock
  readonly log: Log
}

interface Following extends Follower {
  readonly device: DeviceRecord
}

/** Followers of one account: its log is read once for all of them. */
interface Circle {
  readonly followers: Set<Following>
  last: number
  isReading: boolean
  isBehind: boolean
}

const readAtOnce = 500
/** Whoever has missed more than that is told to read everything. */
const maxMissed = 1_000
const maxFollowers = 1_000
const maxOfDevice = 8
const everything = ['contacts', 'calls', 'voicemails'] as const

/** Tells the pages of devices what has changed, out of the accounts' logs. */
export class DeviceFeeds {
  readonly #ports: FeedPorts
  readonly #circles = new Map<AccountId, Circle>()
  readonly #unwatch: () => void
  #size = 0

  constructor(ports: FeedPorts) {
    this.#ports = ports
    this.#unwatch = ports.store.events.watch((accountId) => this.#wake(accountId))
  }

  get size(): number {
    return this.#size
  }

  /** Returns how to stop. Failure `limit_reached`. */
  async follow({ device, after, untilMs }: Follow, follower: Follower): Promise<() => void> {
    this.#checkRoom(device.id)
    const following: Following = {
      device,
      tell: (news, sequence) => follower.tell(news, sequence),
      end: () => {
        stop()
        follower.end()
      },
    }
    const { clock } = this.#ports
    const disarm =
      untilMs === undefined
        ? () => {}
        : clock.after(Math.max(0, untilMs - clock.nowMs()), following.end)
    const circle = this.#enter(following)
    const stop = (): void => {
      disarm()
      this.#leave(circle, following)
    }
    try {
      await this.#begin(circle, following, after)
    } catch (error) {
      stop()
      throw error
    }
    return stop
  }

  async #begin(circle: Circle, following: Following, after: number | undefined): Promise<void> {
    const last = await this.#ports.store.events.last(following.device.accountId)
    // whatever is read meanwhile is told: twice is better than not at all
    if (circle.last < 0) circle.last = last
    following.tell('ready', last)
    if (after !== undefined && after !== last) await this.#tellMissed(following, after, last)
  }

  /** The device has gone, or has another password. */
  forget(deviceId: DeviceId): void {
    for (const one of this.#all()) if (one.device.id === deviceId) one.end()
  }

  /** The engine is about to end; followers are to come back later. */
  restarting(): void {
    for (const [, { followers, last }] of this.#circles) {
      for (const one of followers) one.tell('restarting', Math.max(0, last))
    }
  }

  close(): void {
    this.#unwatch()
    this.restarting()
    for (const one of this.#all()) one.end()
  }

  #all(): Following[] {
    return [...this.#circles.values()].flatMap(({ followers }) => [...followers])
  }

  #checkRoom(deviceId: DeviceId): void {
    const own = this.#all().filter(({ device }) => device.id === deviceId).length
    if (own < maxOfDevice && this.#size < maxFollowers) return
    throw new Failure('limit_reached', 'Too many feeds are open')
  }

  #enter(following: Following): Circle {
    const { accountId } = following.device
    const known = this.#circles.get(accountId)
    const circle = known ?? { followers: new Set(), last: -1, isReading: false, isBehind: false }
    this.#circles.set(accountId, circle)
    circle.followers.add(following)
    this.#size++
    return circle
  }

  #leave(circle: Circle, following: Following): void {
    if (!circle.followers.delete(following)) return
    this.#size--
    const { accountId } = following.device
    if (circle.followers.size === 0 && this.#circles.get(accountId) === circle) {
      this.#circles.delete(accountId)
    }
  }

  #wake(accountId: AccountId): void {
    const circle = this.#circles.get(accountId)
    if (circle === undefined || circle.last < 0) return
    circle.isBehind = true
    if (circle.isReading) return
    circle.isReading = true
    this.#read(accountId, circle)
      .catch((error: unknown) => this.#ports.log.error('feed not read', { error: String(error) }))
      .finally(() => {
        circle.isReading = false
        // What came after the last look.
        if (circle.isBehind && circle.followers.size > 0) this.#wake(accountId)
      })
  }

  async #read(accountId: AccountId, circle: Circle): Promise<void> {
    while (circle.isBehind && circle.followers.size > 0) {
      circle.isBehind = false
      const events = await this.#ports.store.events.after(accountId, circle.last, readAtOnce)
      const newest = events.at(-1)
      if (newest === undefined) continue
      circle.last = newest.sequence
      if (events.length === readAtOnce) circle.isBehind = true
      const changes = await this.#changesIn(accountId, events)
      for (const one of circle.followers) {
        for (const news of newsFor(one.device.id, changes)) one.tell(news, newest.sequence)
      }
    }
  }

  async #tellMissed(following: Following, after: number, last: number): Promise<void> {
    const { accountId, id } = following.device
    const tell = (all: Iterable<News>): void => {
      for (const news of all) following.tell(news, last)
    }
    if (after > last || last - after > maxMissed) return tell(everything)
    const events = await this.#ports.store.events.after(accountId, after, maxMissed)
    tell(newsFor(id, await this.#changesIn(accountId, events)))
  }

  async #changesIn(accountId: AccountId, events: readonly LoggedEvent[]): Promise<Change[]> {
    const devices = new Map<CallId, DeviceId | null>()
    const changes: Change[] = []
    for (const { type, callId, data } of events) {
      if (callId === null) {
        changes.push(...newsOf(type, data))
      } else if (type.startsWith('call.')) {
        if (!devices.has(callId)) {
          const call = await this.#ports.store.calls.get(accountId, callId)
          devices.set(callId, call?.deviceId ?? null)
        }
        const deviceId = devices.get(callId)
        if (deviceId) changes.push({ news: 'calls', deviceId })
      }
    }
    return changes
  }
}

interface Change {
  readonly news: 'contacts' | 'calls' | 'voicemails'
  readonly deviceId: string
}

const deviceNews: Readonly<Partial<Record<LoggedEvent['type'], Change['news']>>> = {
  'device.registered': 'contacts',
  'device.unregistered': 'contacts',
  'device.events-suppressed': 'contacts',
  'voicemail.left': 'voicemails',
  'voicemail.heard': 'voicemails',
  'voicemail.moved': 'voicemails',
  'voicemail.deleted': 'voicemails',
}

/** Of one device, or of those that a box serves. */
function newsOf(
  type: LoggedEvent['type'],
  { deviceId, deviceIds }: LoggedEvent['data'],
): readonly Change[] {
  const news = deviceNews[type]
  if (news === undefined) return []
  const devices = Array.isArray(deviceIds) ? deviceIds : [deviceId]
  return devices.map((id) => ({ news, deviceId: String(id) }))
}

/** A device's calls and messages are its own; for others its calls are whether it is busy. */
function newsFor(own: DeviceId, changes: readonly Change[]): ReadonlySet<News> {
  const all = changes.flatMap(({ news, deviceId }): News[] => {
    if (deviceId === own) return news === 'contacts' ? [] : [news]
    return news === 'voicemails' ? [] : ['contacts']
  })
  return new Set(all)
}
