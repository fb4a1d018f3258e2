import type { Transferable } from 'node:worker_threads'
import { Failure } from '../../core/failures.ts'
import type { CommandName, Commands } from '../messages.ts'
import type { ThreadLink } from '../thread-link.ts'
import type { Load } from './placement.ts'

type Answer<Name extends CommandName> = Commands[Name]['answer']

/** The place of one media thread: when its thread dies another one gets it, with the same ports. */
export class Slot implements Load {
  readonly index: number
  weight = 0
  busyShare = 0
  #link: ThreadLink | undefined
  #ended: Promise<void> = Promise.resolve()
  #running = Promise.withResolvers<void>()

  constructor(index: number) {
    this.index = index
    this.#running.promise.catch(() => undefined)
  }

  get up(): boolean {
    return this.#link?.up === true
  }

  run(link: ThreadLink): void {
    this.#link = link
    this.#running.resolve()
  }

  /** Resolves when nothing of the thread before runs any more. */
  get ended(): Promise<void> {
    return this.#ended
  }

  /** Its thread is no more; another one will come. */
  fall(): void {
    if (this.#link) this.#ended = this.#link.exited
    this.#link = undefined
    this.busyShare = 0
    this.#running = Promise.withResolvers()
    this.#running.promise.catch(() => undefined)
  }

  /** There will be no other thread. */
  giveUp(): void {
    this.#running.reject(new Failure('no_media_port', 'The media thread is not running'))
  }

  /** As ThreadLink.ask; while there is no thread what has no mild answer waits for the next one. */
  ask<Name extends CommandName>(
    is: Name,
    ask: Commands[Name]['ask'],
    ifLost?: Answer<Name>,
    transfer?: readonly Transferable[],
  ): Promise<Answer<Name>> {
    if (this.#link) return this.#link.ask(is, ask, ifLost, transfer)
    if (ifLost !== undefined) return Promise.resolve(ifLost)
    return this.#running.promise.then(() => this.ask(is, ask, ifLost, transfer))
  }

  async shutDown(): Promise<void> {
    await this.#link?.shutDown()
  }
}
