import type { CodecName, EventFormat, ReceivePayloads } from '../agreement.ts'

/**
 * The payload types under which the peer may send to us. A number once given a meaning keeps it, so that late
 * packets of an earlier round still decode.
 */
export class Payloads {
  #known: ReceivePayloads = { opus: [], G722: [], PCMU: [], PCMA: [], telephoneEvent: [] }

  get known(): ReceivePayloads {
    return this.#known
  }

  codec(codec: CodecName, payloadType: number): void {
    this.#forget(payloadType)
    this.#known = { ...this.#known, [codec]: [payloadType, ...this.#known[codec]] }
  }

  events(format: EventFormat): void {
    this.#forget(format.payloadType)
    this.#known = { ...this.#known, telephoneEvent: [format, ...this.#known.telephoneEvent] }
  }

  /** A number that the peer gives a new meaning loses its old one. */
  #forget(payloadType: number): void {
    const others = (known: readonly number[]) => known.filter((number) => number !== payloadType)
    const { opus, G722, PCMU, PCMA, telephoneEvent } = this.#known
    this.#known = {
      ...{ opus: others(opus), G722: others(G722), PCMU: others(PCMU), PCMA: others(PCMA) },
      telephoneEvent: telephoneEvent.filter((event) => event.payloadType !== payloadType),
    }
  }
}
