/** What a tick of 20 ms takes, in milliseconds. */
export const FRAME_MS = 20

/** The rates of PCM that are used inside: narrow, wide and full band. */
export type PcmRateHz = 8000 | 16000 | 48000

/**
 * One encoder of one stream. Made and closed outside of the tick; `encode` runs inside it and allocates
 * nothing that it can avoid.
 */
export interface Encoder {
  /** Of the PCM that it takes. */
  readonly rateHz: PcmRateHz
  /**
   * Encodes 20 ms of mono PCM (`rateHz / 50` samples from the beginning of `pcm`) to `out` from `at` on.
   * @returns bytes written, at most 1275; 0 when nothing needs to be sent (DTX).
   */
  encode(pcm: Int16Array, out: Uint8Array, at: number): number
  /**
   * Goes on from where another encoder is, of the same codec, rate and settings: whoever has heard that one's stream
   * hears this one's without a break. Both go their own ways afterwards.
   * @throws TypeError for an encoder of another codec or rate
   */
  copyFrom(other: Encoder): void
  /** Frees what it holds. Idempotent. */
  close(): void
}

/** What `copyFrom` throws. */
export const differs = (): TypeError => new TypeError('the other encoder is of another kind')

/** One decoder of one stream, with concealment of what was lost. */
export interface Decoder {
  /** Of the PCM that it gives. */
  readonly rateHz: PcmRateHz
  /**
   * Decodes `bytes` of payload from `at` on to the beginning of `pcm`. Never throws for what came from the
   * network: bytes that are no such codec are concealed.
   * @returns samples written; `rateHz / 50` for a payload of 20 ms.
   */
  decode(payload: Uint8Array, at: number, bytes: number, pcm: Int16Array): number
  /**
   * Fills 20 ms, or `samples`, that did not arrive. `next`: the payload after the missing one where it is here
   * already, as it may carry a coarse copy of it (in-band FEC, RFC 6716 section 2.1.7).
   */
  conceal(
    pcm: Int16Array,
    next: Uint8Array | undefined,
    at: number,
    bytes: number,
    samples?: number,
  ): void
  /**
   * Fills 20 ms, or `samples`, in which the sender sends nothing, as there is nothing to be heard (DTX): the
   * noise behind the talker goes on where the codec knows it (Opus), else what was heard last fades to silence.
   */
  pause(pcm: Int16Array, samples?: number): void
  /** Forgets the past: the next payload begins a new stream. */
  reset(): void
  close(): void
}
