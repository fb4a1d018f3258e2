import { Failure } from '../../core/failures.ts'
import type { Account } from '../../core/ports/store.ts'
import type { NewsFeed } from '../dialect.ts'
import { checker } from '../frame/validate.ts'
import type { Services } from '../services.ts'
import { textFrame } from './text-frame.ts'

type FollowId = string | number

/** The reader's side of the connection. */
export interface Reader {
  /** So much is unread that news would only add to it. */
  isFull(): boolean
  send(message: unknown): void
  /** The same, as it goes over the wire. */
  sendFrame(frame: Buffer): void
}

interface Follow {
  readonly params: unknown
  stop: (() => void) | undefined
  /** Set where nothing is left out: there is room again. */
  resume: (() => void) | undefined
  /** News was left out: the reader gets all that there is once he has read what waits. */
  isBehind: boolean
  isOver: boolean
}

interface Framed {
  readonly id: FollowId
  readonly event: string
  readonly json: string
  readonly frame: Buffer
}

let last: Framed | undefined

/** Made once for all connections that are told the same, one after the other, under the same id. */
function frameOf(id: FollowId, event: string, json: string): Buffer {
  if (last?.json === json && last.id === id && last.event === event) return last.frame
  const text = `{"follow":${JSON.stringify(id)},"event":${JSON.stringify(event)},"data":${json}}`
  last = { id, event, json, frame: textFrame(text) }
  return last.frame
}

/** One connection follows as many subjects at a time. */
export const mostFollows = 16

/**
 * What one connection follows, by the ids of the commands that began it. A reader who is slow loses the news between
 * and is brought to the present by beginning anew; where nothing may be lost he is waited for.
 */
export class Follows {
  readonly #feed: NewsFeed
  readonly #check: (params: unknown) => void
  readonly #services: Services
  readonly #account: Account
  readonly #reader: Reader
  readonly #follows = new Map<FollowId, Follow>()

  constructor(feed: NewsFeed, services: Services, account: Account, reader: Reader) {
    this.#feed = feed
    this.#check = checker(feed.params)
    this.#services = services
    this.#account = account
    this.#reader = reader
  }

  /** Failures `limit_reached`, `already_exists`, those of the schema and of the subject. */
  async begin(id: FollowId, params: unknown): Promise<void> {
    this.#check(params)
    if (this.#follows.has(id)) {
      throw new Failure('already_exists', 'A follow with this id goes on', 'id')
    }
    if (this.#follows.size >= mostFollows) {
      throw new Failure('limit_reached', `A connection can follow ${mostFollows} at a time`)
    }
    const follow: Follow = {
      ...{ params, stop: undefined, resume: undefined },
      ...{ isBehind: false, isOver: false },
    }
    this.#follows.set(id, follow)
    try {
      await this.#start(id, follow)
    } catch (error) {
      this.#forget(id, follow)
      throw error
    }
  }

  /** False: there is none with this id. */
  end(id: unknown): boolean {
    const follow = this.#follows.get(id as FollowId)
    if (follow === undefined) return false
    this.#forget(id as FollowId, follow)
    return true
  }

  /** The reader has read what waited. A subject that is gone by now is told as ended. */
  async catchUp(): Promise<void> {
    for (const [id, follow] of this.#follows) {
      if (!this.#reader.isFull()) follow.resume?.()
      if (!follow.isBehind || this.#reader.isFull()) continue
      follow.isBehind = false
      follow.stop?.()
      follow.stop = undefined
      try {
        await this.#start(id, follow)
      } catch (error) {
        if (!(error instanceof Failure)) throw error
        this.#over(id, follow)
      }
    }
  }

  /** Nothing may be followed any more; it is told. */
  endAll(): void {
    for (const [id, follow] of this.#follows) this.#over(id, follow)
  }

  close(): void {
    for (const [id, follow] of this.#follows) this.#forget(id, follow)
  }

  async #start(id: FollowId, follow: Follow): Promise<void> {
    const begun = await this.#feed.begin(
      { account: this.#account, params: follow.params },
      this.#services,
      {
        tell: (event, data) => {
          if (follow.isOver || follow.isBehind) return
          if (this.#reader.isFull()) follow.isBehind = true
          else this.#reader.send({ follow: id, event, data })
        },
        end: () => this.#over(id, follow),
        pace: {
          isFull: () => this.#reader.isFull(),
          tellText: (event, json) => {
            if (!follow.isOver) this.#reader.sendFrame(frameOf(id, event, json))
          },
        },
      },
    )
    const isPaced = typeof begun !== 'function'
    const stop = isPaced ? () => begun.stop() : begun
    if (follow.isOver) stop()
    else follow.stop = stop
    if (isPaced) follow.resume = () => begun.resume()
  }

  #over(id: FollowId, follow: Follow): void {
    if (follow.isOver) return
    this.#forget(id, follow)
    this.#reader.send({ follow: id, ended: true })
  }

  #forget(id: FollowId, follow: Follow): void {
    follow.isOver = true
    follow.stop?.()
    follow.stop = undefined
    if (this.#follows.get(id) === follow) this.#follows.delete(id)
  }
}
