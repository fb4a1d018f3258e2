import { emptyRtpHeader, readRtp, writeRtp } from '../../../engine/dsp/rtp.ts'
import type { CodecName, ReceivePayloads } from '../../../engine/media/agreement.ts'
import { codecKinds } from '../../../engine/media/leg/codec.ts'
import { Receiver } from '../../../engine/media/leg/receiver.ts'
import { type SentPacket, START_MS } from './listening.ts'

const RATE_HZ = 8000
const TICK_MS = 20
const PHASE_MS = 9

const payloads: ReceivePayloads = {
  ...{ opus: [111], G722: [9], PCMU: [0], PCMA: [8] },
  telephoneEvent: [{ payloadType: 101, rateHz: 8000 }],
}

/** A packet as it comes from the network. */
export interface RtpPacket {
  readonly bytes: Uint8Array
  readonly atMs: number
}

export interface RtpOptions {
  readonly ssrc?: number
  readonly payloadType: number
  /** What is added to the numbers of the packets. */
  readonly sequence?: number
  readonly timestamp?: number
}

/** Packets under an RTP header each; never with a marker. */
export function rtpPackets(packets: readonly SentPacket[], options: RtpOptions): RtpPacket[] {
  return packets.map(({ sequence, timestamp, payload, sentMs }) => {
    const bytes = new Uint8Array(12 + payload.length)
    const from = (sequence + (options.sequence ?? 0)) & 0xffff
    const at = (timestamp + (options.timestamp ?? 0)) >>> 0
    writeRtp(bytes, 0, options.payloadType, false, from, at, options.ssrc ?? 1)
    bytes.set(payload, 12)
    return { bytes, atMs: sentMs }
  })
}

/** What a leg that speaks PCMU hears at 8 kHz of packets of any kind, in virtual time. */
export function receive(packets: readonly RtpPacket[], tailMs: number = 0): Int16Array {
  const receiver = new Receiver(() => {})
  const expected: CodecName = 'PCMU'
  receiver.agree(payloads, codecKinds[expected])
  receiver.tune(RATE_HZ, true)
  const header = emptyRtpHeader()
  const incoming = packets.toSorted((a, b) => a.atMs - b.atMs)
  const ticks = Math.floor((incoming.at(-1)!.atMs + tailMs - START_MS - PHASE_MS) / TICK_MS) + 1
  const pcm = new Int16Array((ticks * RATE_HZ) / 50)
  let next = 0
  for (let n = 0; n < ticks; n++) {
    const nowMs = START_MS + PHASE_MS + n * TICK_MS
    for (; next < incoming.length && incoming[next]!.atMs <= nowMs; next++) {
      const { bytes, atMs } = incoming[next]!
      if (readRtp(bytes, bytes.length, header)) receiver.packet(header, bytes, atMs)
    }
    receiver.tick(nowMs)
    pcm.set(receiver.heard, (n * RATE_HZ) / 50)
  }
  receiver.close()
  return pcm
}
