import { JitterBuffer, type JitterBufferOptions } from '../../../engine/dsp/jitter-buffer.ts'
import { type PlayedFrame, START_MS, type TracePacket } from './packet-trace.ts'

const SAMPLES_PER_MS = 48
const FRAME = 20 * SAMPLES_PER_MS
const BYTES = 8

/** A payload tells who it is and how long it lasts; four zeros more, as some bytes must be audio. */
function write(packet: TracePacket, into: Uint8Array): void {
  const view = new DataView(into.buffer)
  view.setUint32(0, packet.serial)
  view.setUint16(4, packet.samples)
}

export const packetSamples = (payload: Uint8Array, at: number): number =>
  payload[at + 4]! * 256 + payload[at + 5]!

export interface PlayedPiece extends PlayedFrame {
  /** How long it lasts; for all pieces of a stream together it is the time that has passed. */
  readonly lastsMs: number
  /** The packet played, or the one that could be looked at in place of a lost one. */
  readonly serial: number
}

/** Plays a trace of a 48 kHz clock packet by packet, asking whenever less than 20 ms are left. */
export function playWhole(
  packets: readonly TracePacket[],
  options: JitterBufferOptions & { phaseMs?: number; tailMs?: number; stretches?: boolean } = {},
) {
  const stretches = options.stretches ?? false
  const buffer = new JitterBuffer({
    ...{ clockRateHz: 48_000, frameSamples: FRAME, packetSamples, copiesInNext: true },
    ...options,
  })
  const bySerial = new Map(packets.map((packet) => [packet.serial, packet]))
  const payload = new Uint8Array(BYTES)
  const out = new Uint8Array(BYTES)
  const frames: PlayedPiece[] = []
  const endMs = packets.at(-1)!.arrivesMs + (options.tailMs ?? 0)
  let next = 0
  let left = 0
  for (let tickMs = START_MS + (options.phaseMs ?? 7); tickMs <= endMs; tickMs += 20) {
    for (; next < packets.length && packets[next]!.arrivesMs <= tickMs; next++) {
      const packet = packets[next]!
      write(packet, payload)
      buffer.push(packet.sequence, packet.timestamp, payload, 0, BYTES, packet.arrivesMs)
    }
    while (left < FRAME) {
      const bytes = buffer.pull(out, tickMs, left, stretches)
      const stretched = ideally(buffer.wishSamples)
      if (stretched !== 0) buffer.stretched(stretched)
      const playSamples = buffer.playSamples + stretched
      if (playSamples <= 0) throw new Error(`a piece of ${playSamples} units`)
      const seen = bytes === 0 ? buffer.peekNext(out) : bytes
      const serial = seen > 0 ? new DataView(out.buffer).getUint32(0) : -1
      const spokenMs = bytes > 0 ? bySerial.get(serial)!.spokenMs : Number.NaN
      frames.push({
        ...{ tickMs, bytes, serial, depthMs: buffer.counters.depthMs },
        delayMs: tickMs + left / SAMPLES_PER_MS - spokenMs,
        lastsMs: playSamples / SAMPLES_PER_MS,
      })
      left += playSamples
    }
    left -= FRAME
  }
  return { buffer, frames }
}

/** As audio that repeats itself at every lag would be stretched: by 2.5 to 15 ms. */
function ideally(wish: number): number {
  const amount = Math.min(Math.abs(wish), 15 * SAMPLES_PER_MS)
  if (wish < 0) return Math.max(amount, 2.5 * SAMPLES_PER_MS)
  return amount < 2.5 * SAMPLES_PER_MS ? 0 : -amount
}

export const milliseconds = (pieces: readonly PlayedPiece[]): number =>
  pieces.reduce((sum, piece) => sum + piece.lastsMs, 0)
