import { setTimeout as sleep } from 'node:timers/promises'
import { RtpPeer } from '../media/rtp-peer.ts'
import type { EngineProcess } from '../support/engine-process.ts'
import type { ScriptedCall } from '../support/scripted-call.ts'
import { ScriptedPhone } from '../support/scripted-phone.ts'

/** What somebody does when their phone rings. */
export type Manner =
  | { readonly does: 'refuse'; readonly sipStatus: number }
  /** Rings until `answer` of the call is called. */
  | { readonly does: 'ring' }
  | {
      readonly does: 'answer'
      /** Pressed once a second until the call is over. */
      readonly presses?: string
      readonly hangsUpAfterMs?: number
    }

export interface CarriedCall {
  readonly number: string
  readonly sip: ScriptedCall
  /** `presses` as in `Manner`. */
  answer(presses?: string): void
  hangUp(): void
}

/**
 * A carrier for whatever numbers a test calls: the printed ones of the documents, which the lab carrier
 * has not. It has an address of its own, so it can be a trunk of its own.
 */
export class Carrier {
  readonly calls: CarriedCall[] = []
  readonly #manners = new Map<string, Manner>()
  readonly #closers: (() => void)[] = []
  #phone: ScriptedPhone | undefined

  static async open(address: string): Promise<Carrier> {
    const carrier = new Carrier()
    const phone = await ScriptedPhone.open({ address, onCall: (call) => carrier.#take(call) })
    carrier.#phone = phone
    carrier.#closers.push(() => phone.close())
    return carrier
  }

  /** Makes it the trunk for all numbers that no other trunk has a prefix for. */
  async serve(engine: EngineProcess): Promise<void> {
    const { address = '', port = 0 } = this.#phone ?? {}
    const { status, body } = await engine.send('POST', '/v1/voice/trunks', {
      ...{ name: 'carrier of the conformance suite', host: address, port },
    })
    if (status !== 201) throw new Error(`no trunk: ${status} ${JSON.stringify(body)}`)
  }

  /** How `number` (E.164) takes calls from now on; without a word it answers and waits. */
  set(number: string, manner: Manner): void {
    this.#manners.set(number, manner)
  }

  /** The newest call to a number; waits for it. */
  async called(number: string, withinMs = 30_000): Promise<CarriedCall> {
    const deadlineMs = performance.now() + withinMs
    for (;;) {
      const call = this.calls.findLast((one) => one.number === number)
      if (call) return call
      if (performance.now() > deadlineMs) throw new Error(`nobody called ${number}`)
      await sleep(20)
    }
  }

  close(): void {
    for (const close of this.#closers) close()
  }

  #take(sip: ScriptedCall): void {
    const manner = this.#manners.get(sip.number) ?? { does: 'answer' }
    const call: CarriedCall = {
      number: sip.number,
      sip,
      answer: (presses) =>
        void this.#answer(sip, presses === undefined ? manner : { does: 'answer', presses }),
      hangUp: () => sip.bye(),
    }
    this.calls.push(call)
    if (manner.does === 'refuse') {
      sip.refuse(manner.sipStatus)
      return
    }
    sip.ring()
    if (manner.does === 'answer') call.answer()
  }

  async #answer(sip: ScriptedCall, manner: Manner): Promise<void> {
    const { address = '' } = this.#phone ?? {}
    const audio = await RtpPeer.open({ address })
    this.#closers.push(() => audio.close())
    sip.accept(audio.sdp())
    await sip.acknowledged
    audio.aim(sip.remoteSdp)
    if (manner.does !== 'answer') return
    const { presses, hangsUpAfterMs } = manner
    const isOver = sip.ended.then(() => true)
    if (hangsUpAfterMs !== undefined) {
      const hasEnded = await Promise.race([isOver, sleep(hangsUpAfterMs, false)])
      if (!hasEnded) sip.bye()
    }
    while (presses !== undefined) {
      if (await Promise.race([isOver, sleep(1000, false)])) return
      await audio.press('0123456789*#'.indexOf(presses))
    }
  }
}
