import { JitterBuffer, type JitterBufferOptions } from '../../../engine/dsp/jitter-buffer.ts'
import type { JitterCounters } from '../../../engine/dsp/jitter-counters.ts'
import { opusPacketSamples } from '../../../engine/dsp/opus.ts'
import type { RtpHeader } from '../../../engine/dsp/rtp.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { type CodecKind, codecKinds, type PcmRateHz } from '../../../engine/media/leg/codec.ts'
import { ReceivedStream } from '../../../engine/media/leg/received-stream.ts'
import { type Arrival, arrivals, type Impairment } from '../../support/impairments.ts'

/** A packet of a stream on its way. */
export interface SentPacket {
  readonly sequence: number
  readonly timestamp: number
  readonly payload: Uint8Array
  readonly sentMs: number
}

/** The first packet is sent then. */
export const START_MS = 10_000
const TICK_MS = 20

export interface StreamOptions {
  readonly firstSequence?: number
  readonly firstTimestamp?: number
  /** Left out by the sender (silence suppression): the timestamp moves on, the sequence does not. */
  readonly isSilent?: (frame: number) => boolean
}

/** Encodes sound, of the rate of the codec at its best, and sends a packet each 20 ms. */
export function packetsOf(
  codec: CodecName,
  pcm: Int16Array,
  options: StreamOptions = {},
): SentPacket[] {
  const kind = codecKinds[codec]
  const encoder = kind.newEncoder(kind.bestRateHz)
  const samples = kind.bestRateHz / 50
  const out = new Uint8Array(1500)
  const packets: SentPacket[] = []
  for (let n = 0; (n + 1) * samples <= pcm.length; n++) {
    const bytes = encoder.encode(pcm.subarray(n * samples, (n + 1) * samples), out, 0)
    if (options.isSilent?.(n)) continue
    packets.push({
      sequence: ((options.firstSequence ?? 0) + packets.length) & 0xffff,
      timestamp: ((options.firstTimestamp ?? 0) + (n * kind.clockHz) / 50) >>> 0,
      payload: out.slice(0, bytes),
      sentMs: START_MS + n * TICK_MS,
    })
  }
  encoder.close()
  return packets
}

/** `count` packets of the same 20 ms: where only times and numbers matter. */
export function manyPackets(codec: CodecName, count: number): SentPacket[] {
  const kind = codecKinds[codec]
  const frame = new Int16Array(kind.bestRateHz / 50)
  for (let i = 0; i < frame.length; i++) {
    frame[i] = 8000 * Math.sin((2 * Math.PI * 150 * i) / kind.bestRateHz)
  }
  const [{ payload }] = packetsOf(codec, frame) as [SentPacket]
  return Array.from({ length: count }, (_, n) => ({
    sequence: n & 0xffff,
    timestamp: ((n * kind.clockHz) / 50) >>> 0,
    payload,
    sentMs: START_MS + n * TICK_MS,
  }))
}

/** A jitter buffer that tells what it hands out. */
class WatchedBuffer extends JitterBuffer {
  onPull: (bytes: number, playMs: number) => void = () => {}
  readonly #unitsPerMs: number

  constructor(options: JitterBufferOptions, clockHz: number) {
    super(options)
    this.#unitsPerMs = clockHz / 1000
  }

  override pull(out: Uint8Array, nowMs: number, ahead = 0, stretches = false): number {
    const bytes = super.pull(out, nowMs, ahead, stretches)
    this.onPull(bytes, nowMs + ahead / this.#unitsPerMs)
    return bytes
  }
}

function watchedBuffer(kind: CodecKind): WatchedBuffer {
  if (kind.name !== 'opus') return new WatchedBuffer({}, kind.clockHz)
  const packetSamples = (payload: Uint8Array, at: number, bytes: number) =>
    opusPacketSamples(payload, at, bytes, kind.clockHz)
  const options = { clockRateHz: kind.clockHz, frameSamples: 960, maxPayloadBytes: 1500 }
  return new WatchedBuffer({ ...options, packetSamples, copiesInNext: true }, kind.clockHz)
}

export interface Listened {
  /** All that was heard, a tick after the other, at the codec's best rate. */
  readonly pcm: Int16Array
  readonly rateHz: PcmRateHz
  readonly counters: JitterCounters
  /** From sending to playing of each packet that was played, with the time of playing. */
  readonly delays: readonly { readonly atMs: number; readonly ms: number }[]
  /** Times at which something had to be concealed. */
  readonly gapsMs: readonly number[]
  /** Packets that came a second time. */
  readonly cameAgain: number
  /** What waited at each tick. */
  readonly depthsMs: readonly number[]
}

export interface ListenOptions {
  /** Ticks are so much later than the sender's. */
  readonly phaseMs?: number
  /** Goes on so long after the last packet. */
  readonly tailMs?: number
}

/** Receives a stream as a leg to which somebody listens does, in virtual time. */
export function listen(
  codec: CodecName,
  incoming: readonly Arrival<SentPacket>[],
  options: ListenOptions = {},
): Listened {
  const kind = codecKinds[codec]
  const buffer = watchedBuffer(kind)
  const stream = new ReceivedStream({ ...kind, newJitterBuffer: () => buffer }, kind.bestRateHz)
  const sentMs = new Map(incoming.map(({ packet }) => [packet.timestamp | 0, packet.sentMs]))
  const delays: { atMs: number; ms: number }[] = []
  const gapsMs: number[] = []
  buffer.onPull = (bytes, playMs) => {
    if (bytes === 0) gapsMs.push(playMs)
    const from = bytes > 0 ? sentMs.get(buffer.playedTimestamp) : undefined
    if (from !== undefined) delays.push({ atMs: playMs, ms: playMs - from })
  }
  const frame = new Int16Array(kind.bestRateHz / 50)
  const endMs = incoming.at(-1)!.atMs + (options.tailMs ?? 0)
  const firstMs = START_MS + (options.phaseMs ?? 7)
  const ticks = Math.floor((endMs - firstMs) / TICK_MS) + 1
  const pcm = new Int16Array(ticks * frame.length)
  const depthsMs: number[] = []
  const came = new Set<SentPacket>()
  let next = 0
  for (let n = 0; n < ticks; n++) {
    const nowMs = firstMs + n * TICK_MS
    for (; next < incoming.length && incoming[next]!.atMs <= nowMs; next++) {
      const { packet, atMs } = incoming[next]!
      stream.push(headerOf(packet), packet.payload, atMs)
      came.add(packet)
    }
    stream.hear(frame, nowMs)
    pcm.set(frame, n * frame.length)
    depthsMs.push(buffer.counters.depthMs)
  }
  stream.close()
  const { counters } = buffer
  const cameAgain = counters.received - came.size
  return { pcm, rateHz: kind.bestRateHz, counters, delays, gapsMs, cameAgain, depthsMs }
}

const headerOf = ({ sequence, timestamp, payload }: SentPacket): RtpHeader => ({
  ...{ marker: false, payloadType: 0, sequence, timestamp, ssrc: 1 },
  ...{ payloadOffset: 0, payloadLength: payload.length },
})

/** Sends a stream through an impaired network and listens to it. */
export function listenThrough(
  codec: CodecName,
  packets: readonly SentPacket[],
  impairment: Impairment,
  options: ListenOptions = {},
): Listened {
  return listen(codec, arrivals(packets, impairment), options)
}
