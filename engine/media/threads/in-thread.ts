import type { CommandName, Commands } from '../messages.ts'
import type { Slot } from './slot.ts'

/** What lives in a media thread: a leg, a room. It may come to live in another one. */
export class InThread {
  slot: Slot
  /** Grows when it has lost what played there. */
  epoch = 0
  /** Settles when it is in order again after its thread has died. */
  restored: Promise<void> | undefined
  /** What is done with it that nothing may come between. */
  #gate: Promise<void> | undefined

  constructor(slot: Slot) {
    this.slot = slot
  }

  /** Undefined: it can be asked now. */
  get gate(): Promise<void> | undefined {
    return this.#gate
  }

  /** Commands wait, in their order, until `work` is done; one work at a time. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#gate !== undefined ? this.#gate.then(work) : work()
    const gate = done.then(ignore, ignore)
    this.#gate = gate
    void gate.then(() => {
      if (this.#gate === gate) this.#gate = undefined
    })
    return done
  }

  /** As Slot.ask, of the thread that it is in when its turn has come. */
  ask<Name extends CommandName>(
    is: Name,
    ask: Commands[Name]['ask'],
    ifLost?: Commands[Name]['answer'],
  ): Promise<Commands[Name]['answer']> {
    if (this.#gate !== undefined) return this.#gate.then(() => this.ask(is, ask, ifLost))
    return this.slot.ask(is, ask, ifLost)
  }

  /** Asks again, of the next one, when the thread has died before it has answered, as long as it `isOpen`. */
  async askSurely<Name extends CommandName>(
    is: Name,
    ask: Commands[Name]['ask'],
    ifLost: Commands[Name]['answer'],
    isOpen: () => boolean,
  ): Promise<Commands[Name]['answer']> {
    for (;;) {
      const { epoch } = this
      const answer = await this.ask(is, ask, ifLost)
      if (this.epoch === epoch || !isOpen()) return answer
    }
  }
}

const ignore = (): void => {}
