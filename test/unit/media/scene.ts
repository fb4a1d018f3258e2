import { encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import type { Agreement } from '../../../engine/media/agreement.ts'
import { Doors } from '../../../engine/media/leg/doors.ts'
import { Leg } from '../../../engine/media/leg/leg.ts'
import type { InbandDtmf } from '../../../engine/media/leg/tone-keys.ts'
import { FakePort } from './fake-port.ts'

/** What a plain PCMU phone agrees on, with changes. */
export const agreement = (change: Partial<Agreement> = {}): Agreement => ({
  protection: { kind: 'none' },
  remote: { address: '192.0.2.1', port: 4000 },
  send: true,
  receive: true,
  codec: 'PCMU',
  payloadType: 0,
  telephoneEvent: { payloadType: 101, rateHz: 8000 },
  comfortNoise: false,
  receivePayloads: {
    opus: [],
    G722: [],
    PCMU: [0],
    PCMA: [8],
    telephoneEvent: [{ payloadType: 101, rateHz: 8000 }],
  },
  ptimeMs: 20,
  ...change,
})

export interface LegOnStage {
  readonly leg: Leg
  /** The first one. */
  readonly agreement: Agreement
  readonly port: FakePort
}

/** Legs on a clock that only `tick` moves. */
export class Scene {
  nowMs = 1000
  readonly presses: { readonly digit: string; readonly durationMs: number }[] = []
  readonly silences: string[] = []
  readonly connections: string[] = []
  readonly qualities: string[] = []
  readonly legs: Leg[] = []
  inbandDtmf: InbandDtmf = 'auto'

  get digits(): string[] {
    return this.presses.map(({ digit }) => digit)
  }

  leg(change: Partial<Agreement> = {}): LegOnStage {
    const port = new FakePort()
    port.ssrc = 100 + this.legs.length
    let bits = 0x9e3779b9
    const doors = new Doors()
    doors.add(port)
    const leg = new Leg(doors, {
      nowMs: () => this.nowMs,
      random: () => {
        bits = Math.imul(bits, 0x85ebca6b) >>> 0
        return bits
      },
      onDigit: (digit, durationMs) => this.presses.push({ digit, durationMs }),
      inbandDtmf: this.inbandDtmf,
      silence: { lostMs: 20_000, endMs: 60_000 },
      onSilence: (change, silentMs) => this.silences.push(`${change} ${silentMs}`),
      onConnection: (state) => this.connections.push(state),
      onQuality: (change) => this.qualities.push(change),
    })
    const agreed = agreement(change)
    leg.agree(agreed, undefined)
    this.legs.push(leg)
    return { leg, agreement: agreed, port }
  }

  /** Between the two halves of a tick. */
  protected between(): void {}

  tick(count = 1): void {
    for (let n = 0; n < count; n++) {
      this.nowMs += 20
      for (const leg of this.legs) leg.receive(this.nowMs)
      this.between()
      for (const leg of this.legs) leg.transmit(this.nowMs)
    }
  }
}

/** A payload of one value. */
export function loud(value: number, codec: 'PCMU' | 'PCMA' = 'PCMU', samples = 160): Uint8Array {
  const bytes = new Uint8Array(samples)
  const pcm = new Int16Array(samples).fill(value)
  if (codec === 'PCMU') encodeUlaw(pcm, 0, samples, bytes, 0)
  else encodeAlaw(pcm, 0, samples, bytes, 0)
  return bytes
}
