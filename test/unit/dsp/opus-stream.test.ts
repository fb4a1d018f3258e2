/** Opus over a network that loses packets: jitter buffer and decoder together. */
import { expect, test } from 'vitest'
import { JitterBuffer } from '../../../engine/dsp/jitter-buffer.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { newOpusDecoder, newOpusEncoder, opusPacketSamples } from '../../../engine/dsp/opus.ts'
import { seeded } from './packet-trace.ts'

const RATE_HZ = 16_000
const FRAME = RATE_HZ / 50
const FRAMES = 1500

function voice(): Int16Array {
  const random = seeded(77)
  let phase = 0
  return Int16Array.from({ length: FRAMES * FRAME }, (_, i) => {
    const t = i / RATE_HZ
    phase += (2 * Math.PI * (130 + 30 * Math.sin(2 * Math.PI * 0.9 * t))) / RATE_HZ
    let sum = 0
    for (let k = 1; k <= 15; k++) sum += Math.sin(k * phase) / (1 + ((k - 4) / 2) ** 2)
    return Math.round(2500 * Math.abs(Math.sin(2 * Math.PI * 1.5 * t)) * sum + 40 * random())
  })
}

function encodedVoice(): Uint8Array[] {
  const encoder = newOpusEncoder(RATE_HZ)
  const out = new Uint8Array(1275)
  const pcm = voice()
  const packets = Array.from({ length: FRAMES }, (_, n) =>
    out.slice(0, encoder.encode(pcm.subarray(n * FRAME), out, 0)),
  )
  encoder.close()
  return packets
}

function cleanFrames(packets: readonly Uint8Array[]): Int16Array[] {
  const decoder = newOpusDecoder(RATE_HZ)
  const frames = packets.map((packet) => {
    const pcm = new Int16Array(FRAME)
    decoder.decode(packet, 0, packet.length, pcm)
    return pcm
  })
  decoder.close()
  return frames
}

const isSame = (packet: Uint8Array | undefined, bytes: Uint8Array) =>
  packet?.length === bytes.length && packet.every((byte, i) => byte === bytes[i])

/** What is heard of each packet, lost ones concealed. Where more was concealed, the delay has grown by it. */
function heardFrames(packets: readonly Uint8Array[], lost: readonly boolean[]): Int16Array[] {
  const random = seeded(8)
  const buffer = new JitterBuffer({
    ...{ clockRateHz: 48_000, frameSamples: 960, maxPayloadBytes: 1500 },
    packetSamples: (payload, at, bytes) => opusPacketSamples(payload, at, bytes, 48_000),
    copiesInNext: true,
  })
  const decoder = newOpusDecoder(RATE_HZ)
  const pulled = new Uint8Array(1500)
  const pcm = new Int16Array(FRAME)
  const arrivals = packets.flatMap((packet, n) =>
    lost[n] ? [] : [{ n, packet, atMs: n * 20 + random() * 8 }],
  )
  const frames: Int16Array[] = []
  let concealed: Int16Array[] = []
  for (let nowMs = 3; frames.length < FRAMES - 10; nowMs += 20) {
    while (arrivals[0] !== undefined && arrivals[0].atMs <= nowMs) {
      const { n, packet, atMs } = arrivals.shift()!
      buffer.push(n, n * 960, packet, 0, packet.length, atMs)
    }
    const bytes = buffer.pull(pulled, nowMs)
    if (bytes === 0) {
      decoder.conceal(pcm, pulled, 0, buffer.peekNext(pulled))
      concealed.push(pcm.slice())
    } else if (bytes > 0) {
      decoder.decode(pulled, 0, bytes, pcm)
      const from = frames.length
      const missing = packets.slice(from).findIndex((p) => isSame(p, pulled.subarray(0, bytes)))
      if (missing > 0) frames.push(...concealed.slice(-missing))
      concealed = []
      frames.push(pcm.slice())
      expect(frames.length).toBe(from + missing + 1)
    }
  }
  decoder.close()
  return frames
}

test('10 % lost, 8 ms of jitter: the lost frames are those that were spoken, level error <= 3 dB', () => {
  const packets = encodedVoice()
  const clean = cleanFrames(packets)
  const random = seeded(2)
  const lost = packets.map((_, n) => n > 50 && random() < 0.1)
  const heard = heardFrames(packets, lost)
  const errors: number[] = []
  let signal = 0
  let noise = 0
  heard.forEach((frame, n) => {
    const wanted = clean[n]!
    if (!lost[n] || rmsDbfs(wanted) < -45) return
    errors.push(Math.abs(rmsDbfs(frame) - rmsDbfs(wanted)))
    wanted.forEach((sample, i) => {
      signal += sample ** 2
      noise += (sample - frame[i]!) ** 2
    })
  })
  expect(errors.length).toBeGreaterThan(80)
  expect(errors.reduce((sum, error) => sum + error, 0) / errors.length).toBeLessThanOrEqual(3)
  // By concealment alone it is about 1 dB.
  expect(10 * Math.log10(signal / noise)).toBeGreaterThan(5)
})
