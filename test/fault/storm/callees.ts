import type { ScriptedCall } from '../../support/scripted-call.ts'
import { phoneSdp, ScriptedPhone } from '../../support/scripted-phone.ts'

export const calleesAddress = '127.0.0.6'
const sdp = phoneSdp(calleesAddress, 4_000)
const shortestMs = 100
const longestMs = 1_500

/** Phones behind a trunk: every number is one of its own, and counts how often it was rung. */
export class Callees {
  readonly #rung = new Map<string, number>()
  #phone: ScriptedPhone | undefined

  async open(): Promise<number> {
    this.#phone = await ScriptedPhone.open({
      address: calleesAddress,
      onCall: (call) => this.#take(call),
    })
    return this.#phone.port
  }

  /** By number. */
  get rung(): ReadonlyMap<string, number> {
    return this.#rung
  }

  close(): void {
    this.#phone?.close()
  }

  /** Most answer and hang up after a while; some are busy, some never answer. */
  #take(call: ScriptedCall): void {
    this.#rung.set(call.number, (this.#rung.get(call.number) ?? 0) + 1)
    const fate = Math.random()
    if (fate < 0.1) {
      call.refuse(486)
      return
    }
    call.ring()
    if (fate < 0.2) return
    call.accept(sdp)
    const talkMs = shortestMs + Math.random() * (longestMs - shortestMs)
    setTimeout(() => call.bye(), talkMs).unref()
  }
}
