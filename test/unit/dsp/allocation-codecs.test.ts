import { afterEach, expect, test } from 'vitest'
import type { Decoder, Encoder } from '../../../engine/dsp/codec.ts'
import { newUlawDecoder, newUlawEncoder } from '../../../engine/dsp/g711-codec.ts'
import { newG722Decoder, newG722Encoder } from '../../../engine/dsp/g722.ts'
import { JitterBuffer, type JitterBufferOptions } from '../../../engine/dsp/jitter-buffer.ts'
import { newOpusDecoder, newOpusEncoder, opusPacketSamples } from '../../../engine/dsp/opus.ts'

const FRAMES = 2000
/**
 * While code is being compiled anew there is something on the heap; what a frame leaves there it leaves in
 * every round. So one good round tells.
 */
const MOST_ROUNDS = 10
/** A single number on the heap takes 16 bytes, an array more; the measuring itself takes a few. */
const TOO_MANY_BYTES = 16

const closing: { close(): void }[] = []
afterEach(() => {
  for (const one of closing.splice(0)) one.close()
})

const opusUnits = (payload: Uint8Array, at: number, bytes: number) =>
  opusPacketSamples(payload, at, bytes, 48_000)
const packets: JitterBufferOptions = {
  ...{ clockRateHz: 48_000, frameSamples: 960, maxPayloadBytes: 1500 },
  packetSamples: opusUnits,
  copiesInNext: true,
}

const ways = [
  { name: 'PCMU', encoder: newUlawEncoder, decoder: newUlawDecoder, buffer: {} },
  { name: 'G.722', encoder: newG722Encoder, decoder: newG722Decoder, buffer: {} },
  {
    ...{ name: 'Opus at 8 kHz', buffer: packets },
    ...{ encoder: () => newOpusEncoder(8000), decoder: () => newOpusDecoder(8000) },
  },
  {
    ...{ name: 'Opus at 48 kHz', buffer: packets },
    ...{
      encoder: () => newOpusEncoder(48_000, { complexity: 0 }),
      decoder: () => newOpusDecoder(48_000),
    },
  },
] satisfies readonly {
  name: string
  encoder: () => Encoder
  decoder: () => Decoder
  buffer: JitterBufferOptions
}[]

/** Encoding, the jitter buffer with losses and pauses, decoding, concealment and FEC: one tick of it. */
function openLeg(encoder: Encoder, decoder: Decoder, options: JitterBufferOptions) {
  const jitter = new JitterBuffer(options)
  const units = options.frameSamples ?? 160
  const sound = new Int16Array(6 * 960)
  const payload = new Uint8Array(1500)
  const pulled = new Uint8Array(1500)
  for (let i = 0; i < sound.length; i++) sound[i] = 9000 * Math.sin(i / 17) * Math.sin(i / 900)
  const pcm = new Int16Array(6 * 960)
  return (tick: number): void => {
    const bytes = encoder.encode(sound, payload, 0)
    const isLost = (tick * 7) % 31 < 5
    const isPause = (tick & 63) > 48
    // Signed: a larger number would be on the heap.
    const timestamp = (tick * units) | 0
    if (isPause) jitter.pushOther(tick & 0xffff)
    else if (!isLost) jitter.push(tick & 0xffff, timestamp, payload, 0, bytes, tick * 20)
    const got = jitter.pull(pulled, tick * 20 + 9)
    if (got > 0) decoder.decode(pulled, 0, got, pcm)
    else if (got < 0) decoder.pause(pcm)
    else {
      const next = jitter.peekNext(pulled)
      decoder.conceal(pcm, next > 0 ? pulled : undefined, 0, next)
    }
  }
}

test.each(ways)('$name: a frame leaves nothing on the heap', ({ encoder, decoder, buffer }) => {
  const [into, by] = [encoder(), decoder()]
  closing.push(into, by)
  const leg = openLeg(into, by, buffer)
  expect(global.gc).toBeDefined()
  let tick = 0
  const round = (): number => {
    global.gc?.()
    const before = process.memoryUsage().heapUsed
    for (const end = tick + FRAMES; tick < end; tick++) leg(tick)
    const grown = process.memoryUsage().heapUsed - before
    // Below 0 something was collected: then there was something to collect.
    return grown < 0 ? Number.POSITIVE_INFINITY : grown / FRAMES
  }
  const rounds: number[] = []
  while (rounds.length < MOST_ROUNDS && !(rounds.at(-1)! < TOO_MANY_BYTES)) rounds.push(round())
  expect(rounds.at(-1)).toBeLessThan(TOO_MANY_BYTES)
})
