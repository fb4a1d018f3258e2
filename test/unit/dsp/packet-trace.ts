import { JitterBuffer, type JitterBufferOptions } from '../../../engine/dsp/jitter-buffer.ts'

/** A packet on its way: what it holds is known by its first timestamp. */
export interface TracePacket {
  readonly sequence: number
  readonly timestamp: number
  readonly samples: number
  readonly arrivesMs: number
  /** When its first sample was spoken, on the clock of the receiver. */
  readonly spokenMs: number
  /** Marks samples, so that what is played can be recognised. */
  readonly serial: number
}

export interface TraceOptions {
  readonly packets: number
  /** How long packet `i` lasts. */
  readonly ptimeMs?: number | ((i: number) => number)
  /** Timestamp units a millisecond; 8 unless told. */
  readonly samplesPerMs?: number
  /** Network delay of packet `i`. */
  readonly delayMs?: (i: number) => number
  /** True to lose packet `i`. */
  readonly lost?: (i: number) => boolean
  /** Packets that arrive a second time, this much later. */
  readonly duplicateAfterMs?: (i: number) => number | undefined
  /** Silence in ms before packet `i` (suppressed: timestamp moves on, sequence does not). */
  readonly silenceBeforeMs?: (i: number) => number
  /** Sender's clock: positive runs slow. */
  readonly ppm?: number
  readonly firstSequence?: number
  readonly firstTimestamp?: number
}

export const START_MS = 10_000
const FRAME = 160

/** Seeded randomness, 0 to 1. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

export function trace(options: TraceOptions): TracePacket[] {
  const ptime = options.ptimeMs ?? 20
  const samplesPerMs = options.samplesPerMs ?? 8
  const stretch = 1 + (options.ppm ?? 0) / 1e6
  const packets: TracePacket[] = []
  let mediaMs = 0
  for (let i = 0; i < options.packets; i++) {
    mediaMs += options.silenceBeforeMs?.(i) ?? 0
    const ptimeMs = typeof ptime === 'number' ? ptime : ptime(i)
    const spokenMs = START_MS + mediaMs * stretch
    const packet = {
      sequence: ((options.firstSequence ?? 0) + i) & 0xffff,
      timestamp: ((options.firstTimestamp ?? 0) + mediaMs * samplesPerMs) >>> 0,
      samples: ptimeMs * samplesPerMs,
      arrivesMs: spokenMs + (options.delayMs?.(i) ?? 0),
      spokenMs,
      serial: i,
    }
    mediaMs += ptimeMs
    if (options.lost?.(i)) continue
    packets.push(packet)
    const again = options.duplicateAfterMs?.(i)
    if (again !== undefined) packets.push({ ...packet, arrivesMs: packet.arrivesMs + again })
  }
  return packets.sort((a, b) => a.arrivesMs - b.arrivesMs)
}

export interface PlayedFrame {
  readonly tickMs: number
  /** What `pull` returned. */
  readonly bytes: number
  /** Time from speaking to playing the frame's first sample; NaN when nothing of it was sent. */
  readonly delayMs: number
  readonly depthMs: number
}

/** Each sample tells its packet and place: four bytes of serial, over and over. */
function payloadOf(packet: TracePacket, into: Uint8Array): void {
  for (let i = 0; i < packet.samples; i++) into[i] = (packet.serial * 7 + (i >> 3)) & 0xff
}

/** Plays a trace through a buffer on a virtual clock: every 20 ms pulls as long as less than that is left. */
export function play(
  packets: readonly TracePacket[],
  options: JitterBufferOptions & { phaseMs?: number; tailMs?: number } = {},
) {
  const buffer = new JitterBuffer(options)
  const payload = new Uint8Array(960)
  const out = new Uint8Array(960)
  const frames: PlayedFrame[] = []
  const endMs = packets.at(-1)!.arrivesMs + (options.tailMs ?? 0)
  let next = 0
  let left = 0
  for (let tickMs = START_MS + (options.phaseMs ?? 7); tickMs <= endMs; tickMs += 20) {
    while (next < packets.length && packets[next]!.arrivesMs <= tickMs) {
      const packet = packets[next]!
      payloadOf(packet, payload)
      buffer.push(packet.sequence, packet.timestamp, payload, 0, packet.samples, packet.arrivesMs)
      next += 1
    }
    for (; left < FRAME; left += buffer.playSamples) {
      const bytes = buffer.pull(out, tickMs, left)
      const playMs = tickMs + left / 8
      const delayMs = bytes > 0 ? delayOf(packets, next, out, bytes, playMs) : Number.NaN
      frames.push({ tickMs, bytes, delayMs, depthMs: buffer.counters.depthMs })
    }
    left -= FRAME
  }
  return { buffer, frames }
}

/** Finds the packet from which a frame begins, among those that have arrived lately. */
function delayOf(
  packets: readonly TracePacket[],
  next: number,
  out: Uint8Array,
  bytes: number,
  playMs: number,
) {
  for (let k = next - 1; k >= Math.max(0, next - 60); k--) {
    const packet = packets[k]!
    for (let skip = 0; skip < packet.samples; skip += 8) {
      if (matches(packet, skip, out, bytes)) return playMs - (packet.spokenMs + skip / 8)
    }
  }
  return Number.NaN
}

function matches(packet: TracePacket, skip: number, out: Uint8Array, bytes: number): boolean {
  const count = Math.min(bytes, packet.samples - skip)
  for (let i = 0; i < count; i++) {
    if (out[i] !== ((packet.serial * 7 + ((skip + i) >> 3)) & 0xff)) return false
  }
  return true
}

export const played = <F extends PlayedFrame>(frames: readonly F[]): F[] =>
  frames.filter((f) => f.bytes > 0)
export const concealed = <F extends PlayedFrame>(frames: readonly F[]): F[] =>
  frames.filter((f) => f.bytes === 0)
export const greatestDelayMs = (frames: readonly PlayedFrame[]) =>
  played(frames).reduce((most, f) => Math.max(most, f.delayMs), 0)
