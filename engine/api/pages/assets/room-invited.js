import { isOver } from './format.js'
import { outcomeOf } from './room-words.js'

const lookAgainMs = 500
/** One who is gone at once was perhaps never told of. */
const unseenMs = 2000
const looks = 10

/** Those whom this page has called in: tells whether they come. */
export class Invited {
  #names = new Map()
  #model
  #callOf
  #tell

  /** `callOf(id)` resolves with a call. */
  constructor(model, callOf, tell) {
    this.#model = model
    this.#callOf = callOf
    this.#tell = tell
  }

  add(callId, name) {
    this.#names.set(callId, name)
    this.#tell(`${name} is called`)
    this.#see(callId)
    setTimeout(() => {
      if (!this.#model.members.has(callId)) void this.#ask(callId)
    }, unseenMs)
  }

  take({ members, gone }) {
    for (const id of members) this.#see(id)
    for (const id of gone) void this.#ask(id)
  }

  #see(callId) {
    const name = this.#names.get(callId)
    if (name === undefined || this.#model.members.get(callId)?.status !== 'connected') return
    this.#names.delete(callId)
    this.#tell(`${name} is here`)
  }

  /** The call is over a moment after he is out of the room. */
  async #ask(callId) {
    const name = this.#names.get(callId)
    if (name === undefined) return
    this.#names.delete(callId)
    for (let look = 0; look < looks; look++) {
      const call = await this.#callOf(callId).catch(() => ({ status: 'unknown' }))
      if (isOver(call)) return this.#tell(outcomeOf(name, call.status))
      await new Promise((resolve) => setTimeout(resolve, lookAgainMs))
    }
  }
}
