import type { CodecName } from '../agreement.ts'
import type { CodecKind, PcmRateHz } from './codec.ts'
import { Encoding } from './encoding.ts'

const LARGEST_PAYLOAD_BYTES = 1275

/**
 * So many ticks an encoder has had the same input as another one before a stream may go on with that one's packets:
 * by then both know the same, but for what rounding makes of it. Those of G.711 know nothing.
 */
const SETTLE_TICKS: Readonly<Record<CodecName, number>> = { opus: 20, G722: 10, PCMU: 1, PCMA: 1 }

/**
 * What all who only listen are sent, encoded once for all of one codec. A stream that comes to it, or leaves it, goes
 * on without a break, by way of the state of the encoders.
 */
export class SharedEncoding {
  readonly kind: CodecKind
  readonly encoding: Encoding
  /** The payload of this tick. */
  readonly payload = new Uint8Array(LARGEST_PAYLOAD_BYTES)
  bytes = 0
  /** Streams that are made of it. */
  streams = 0

  /** `rateHz`: of what it is made of; default is the best rate of the codec. */
  constructor(kind: CodecKind, rateHz: PcmRateHz = kind.bestRateHz) {
    this.kind = kind
    this.encoding = new Encoding(kind, rateHz)
  }

  get settleTicks(): number {
    return SETTLE_TICKS[this.kind.name]
  }

  /** Encodes the frame of this tick, at its rate, if anybody is sent it. */
  encode(pcm: Int16Array): void {
    if (this.streams > 0) this.bytes = this.encoding.encode(pcm, this.payload, 0)
  }

  close(): void {
    this.encoding.close()
  }
}
