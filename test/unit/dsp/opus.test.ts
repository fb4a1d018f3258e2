import { afterEach, describe, expect, test } from 'vitest'
import type { Decoder, PcmRateHz } from '../../../engine/dsp/codec.ts'
import { align, rmsDbfs } from '../../../engine/dsp/levels.ts'
import { newOpusDecoder, newOpusEncoder, opusPacketSamples } from '../../../engine/dsp/opus.ts'
import { seeded } from './packet-trace.ts'

const rates: readonly PcmRateHz[] = [8000, 16000, 48000]
const closing: { close(): void }[] = []
afterEach(() => {
  for (const one of closing.splice(0)) one.close()
})

function encoder(...parameters: Parameters<typeof newOpusEncoder>) {
  const made = newOpusEncoder(...parameters)
  closing.push(made)
  return made
}

function decoder(rateHz: PcmRateHz) {
  const made = newOpusDecoder(rateHz)
  closing.push(made)
  return made
}

/** Like speech: a gliding pitch with formants, and syllables with pauses. */
function speechLike(seconds: number, rateHz: number): Int16Array {
  const random = seeded(31)
  let phase = 0
  return Int16Array.from({ length: seconds * rateHz }, (_, i) => {
    const t = i / rateHz
    phase += (2 * Math.PI * (120 + 30 * Math.sin(2 * Math.PI * 0.7 * t))) / rateHz
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.5 * t)) ** 0.5
    let voice = 0
    for (let k = 1; k <= 20; k++) voice += Math.sin(k * phase) / (1 + ((k - 5) / 2) ** 2)
    return Math.round(3000 * syllable * voice + 60 * (random() - 0.5))
  })
}

function packetsOf(pcm: Int16Array, rateHz: PcmRateHz): Uint8Array[] {
  const samples = rateHz / 50
  const made = encoder(rateHz)
  const out = new Uint8Array(1275)
  return Array.from({ length: pcm.length / samples }, (_, n) =>
    out.slice(0, made.encode(pcm.subarray(n * samples, (n + 1) * samples), out, 0)),
  )
}

/** Several packets of one configuration in one (RFC 6716 section 3.2.5, frames of any length). */
function joined(packets: readonly Uint8Array[]): Uint8Array {
  const lengths = packets.slice(0, -1).flatMap((packet) => {
    const bytes = packet.length - 1
    return bytes < 252 ? [bytes] : [252 + (bytes & 3), (bytes - 252 - (bytes & 3)) / 4]
  })
  const head = [(packets[0]![0]! & 0xfc) | 3, 0x80 | packets.length, ...lengths]
  return Uint8Array.from([...head, ...packets.flatMap((packet) => [...packet.subarray(1)])])
}

const decode = (by: Decoder, packet: Uint8Array, pcm: Int16Array) =>
  by.decode(packet, 0, packet.length, pcm)

function decodedAll(packets: readonly Uint8Array[], rateHz: PcmRateHz): Int16Array {
  const samples = rateHz / 50
  const by = decoder(rateHz)
  const pcm = new Int16Array(packets.length * samples)
  packets.forEach((packet, n) => {
    expect(decode(by, packet, pcm.subarray(n * samples))).toBe(samples)
  })
  return pcm
}

describe.each(rates)('%d Hz', (rateHz) => {
  const samples = rateHz / 50

  test('what comes out is what went in', () => {
    const pcm = speechLike(3, rateHz)
    const packets = packetsOf(pcm, rateHz)
    const back = decodedAll(packets, rateHz)
    const { correlation } = align(
      pcm.subarray(rateHz, 2 * rateHz),
      back.subarray(rateHz),
      0,
      rateHz / 20,
    )
    expect(correlation).toBeGreaterThan(0.9)
    expect(Math.abs(rmsDbfs(back) - rmsDbfs(pcm))).toBeLessThan(1.5)
  })

  test('packets of 20 ms, about as many bits as asked for, none left out in silence', () => {
    const bits = (packets: readonly Uint8Array[]) =>
      packets.reduce((sum, packet) => sum + 8 * packet.length, 0) / (packets.length / 50)
    const packets = packetsOf(speechLike(4, rateHz), rateHz)
    expect(packets.every((p) => opusPacketSamples(p, 0, p.length, rateHz) === samples)).toBe(true)
    expect(bits(packets)).toBeGreaterThan(12_000)
    expect(bits(packets)).toBeLessThan(36_000)
    const silence = packetsOf(new Int16Array(2 * rateHz), rateHz)
    expect(silence.every((packet) => packet.length > 2)).toBe(true)
    expect(bits(silence)).toBeLessThan(bits(packets))
  })

  test('10 % lost: level error <= 3 dB with the copies, waveform 4 dB nearer than without', () => {
    const pcm = speechLike(30, rateHz)
    const packets = packetsOf(pcm, rateHz)
    const clean = decodedAll(packets, rateHz)
    const random = seeded(10)
    const lost = packets.map((_, n) => n > 5 && random() < 0.1)
    const withCopies = filled(packets, lost, clean, rateHz, true)
    const without = filled(packets, lost, clean, rateHz, false)
    expect(withCopies.frames).toBeGreaterThan(50)
    expect(withCopies.levelErrorDb).toBeLessThanOrEqual(3)
    expect(withCopies.snrDb).toBeGreaterThan(without.snrDb + 4)
  })

  test('a long gap fades, and speech is whole again soon after it', () => {
    const packets = packetsOf(speechLike(4, rateHz), rateHz)
    const clean = decodedAll(packets, rateHz)
    const by = decoder(rateHz)
    const pcm = new Int16Array(clean.length)
    packets.forEach((packet, n) => {
      const frame = pcm.subarray(n * samples, (n + 1) * samples)
      if (n >= 60 && n < 110) by.conceal(frame, undefined, 0, 0)
      else decode(by, packet, frame)
    })
    expect(rmsDbfs(pcm, 100 * samples, 10 * samples)).toBeLessThan(-50)
    const late = 130 * samples
    const level = rmsDbfs(clean, late, 30 * samples)
    expect(Math.abs(rmsDbfs(pcm, late, 30 * samples) - level)).toBeLessThan(1)
  })

  test('a packet of one byte (DTX) is quiet noise of its duration', () => {
    const packets = packetsOf(new Int16Array(rateHz), rateHz)
    const by = decoder(rateHz)
    const pcm = new Int16Array(6 * samples)
    for (const packet of packets) decode(by, packet, pcm)
    const pause = Uint8Array.of(packets.at(-1)![0]! & 0xfc)
    for (let n = 0; n < 50; n++) expect(decode(by, pause, pcm)).toBe(samples)
    expect(rmsDbfs(pcm, 0, samples)).toBeLessThan(-50)
  })

  test('a pause: the noise behind the talker goes on, as loud as it was', () => {
    const random = seeded(60)
    const noise = speechLike(4, rateHz)
    // The last second is noise alone, at -50 dBFS.
    noise.forEach((sample, i) => {
      const hiss = Math.round(360 * (random() - 0.5))
      noise[i] = i < 3 * rateHz ? sample + hiss : hiss
    })
    const packets = packetsOf(noise, rateHz)
    const by = decoder(rateHz)
    const pcm = new Int16Array(samples)
    for (const packet of packets) decode(by, packet, pcm)
    const heardDbfs = rmsDbfs(pcm)
    for (let n = 1; n <= 250; n++) {
      by.pause(pcm)
      if (n % 25 === 0) expect(Math.abs(rmsDbfs(pcm) - heardDbfs)).toBeLessThan(6)
    }
  })

  test.each([2, 3, 6])('%d frames in a packet', (count) => {
    const packets = packetsOf(speechLike(2, rateHz), rateHz).slice(10, 10 + count)
    const packet = joined(packets.map((p) => Uint8Array.of(packets[0]![0]!, ...p.subarray(1))))
    const pcm = new Int16Array(6 * samples)
    expect(opusPacketSamples(packet, 0, packet.length, 48_000)).toBe(count * 960)
    expect(decode(decoder(rateHz), packet, pcm)).toBe(count * samples)
    const short = new Int16Array(samples)
    expect(decode(decoder(rateHz), packet, short)).toBe(samples)
    expect(short).toEqual(pcm.subarray(0, samples))
  })

  test('garbage is concealed, and what follows is decoded', () => {
    const random = seeded(4)
    const by = decoder(rateHz)
    const pcm = new Int16Array(6 * samples)
    const junk = new Uint8Array(1500)
    for (let n = 0; n < 3000; n++) {
      const bytes = Math.floor(random() ** 3 * 1500)
      for (let i = 0; i < bytes; i++) junk[i] = random() * 256
      const count = by.decode(junk, 0, bytes, pcm)
      expect(count).toBeGreaterThan(0)
      expect(count).toBeLessThanOrEqual(6 * samples)
      if (n % 5 === 0) by.conceal(pcm, junk, 0, bytes)
    }
    const packets = packetsOf(speechLike(2, rateHz), rateHz)
    const clean = decodedAll(packets, rateHz)
    const back = new Int16Array(clean.length)
    packets.forEach((packet, n) => {
      decode(by, packet, back.subarray(n * samples))
    })
    const { correlation } = align(clean.subarray(rateHz), back.subarray(rateHz), 0, 0)
    expect(correlation).toBeGreaterThan(0.98)
  })

  test('lengths that are not there are concealed too', () => {
    const by = decoder(rateHz)
    const pcm = new Int16Array(samples)
    expect(by.decode(new Uint8Array(10), 0, 0, pcm)).toBe(samples)
    expect(by.decode(new Uint8Array(10), 5, 50, pcm)).toBe(samples)
    by.conceal(pcm, new Uint8Array(10), 8, 20)
    expect(rmsDbfs(pcm)).toBeLessThan(-80)
  })

  test('reset: what follows is decoded as by a new decoder', () => {
    const packets = packetsOf(speechLike(1, rateHz), rateHz)
    const by = decoder(rateHz)
    const pcm = new Int16Array(samples)
    for (const packet of packets) decode(by, packet, pcm)
    by.reset()
    const again = packets.slice(0, 5).flatMap((packet) => {
      decode(by, packet, pcm)
      return [...pcm]
    })
    expect(again).toEqual([...decodedAll(packets.slice(0, 5), rateHz)])
  })

  test('closed: nothing is encoded, silence is decoded, closing again does no harm', () => {
    const [packet] = packetsOf(speechLike(1, rateHz), rateHz).slice(20)
    const into = encoder(rateHz)
    const by = decoder(rateHz)
    const pcm = new Int16Array(samples).fill(9)
    for (const one of [into, into, by, by]) one.close()
    expect(into.encode(pcm, new Uint8Array(1275), 0)).toBe(0)
    expect(decode(by, packet!, pcm)).toBe(samples)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
    by.conceal(pcm.fill(9), packet, 0, packet!.length)
    expect(pcm.every((sample) => sample === 0)).toBe(true)
    by.reset()
  })
})

/** How near the frames that were lost come to those of a decoder that lost none. */
function filled(
  packets: readonly Uint8Array[],
  lost: readonly boolean[],
  clean: Int16Array,
  rateHz: PcmRateHz,
  withCopies: boolean,
) {
  const samples = rateHz / 50
  const by = decoder(rateHz)
  const pcm = new Int16Array(samples)
  const levelErrors: number[] = []
  let signal = 0
  let noise = 0
  packets.forEach((packet, n) => {
    const next = withCopies && lost[n + 1] === false ? packets[n + 1] : undefined
    if (lost[n]) by.conceal(pcm, next, 0, next?.length ?? 0)
    else decode(by, packet, pcm)
    const wanted = clean.subarray(n * samples, (n + 1) * samples)
    if (!lost[n] || rmsDbfs(wanted) < -45) return
    levelErrors.push(Math.abs(rmsDbfs(wanted) - rmsDbfs(pcm)))
    wanted.forEach((sample, i) => {
      signal += sample ** 2
      noise += (sample - pcm[i]!) ** 2
    })
  })
  const levelErrorDb = levelErrors.reduce((sum, error) => sum + error, 0) / levelErrors.length
  return { frames: levelErrors.length, levelErrorDb, snrDb: 10 * Math.log10(signal / noise) }
}

test('500 encoders and decoders made and closed leave nothing behind', () => {
  const pcm = speechLike(1, 48_000)
  const out = new Uint8Array(1275)
  const round = () => {
    const all = Array.from(
      { length: 500 },
      () => [newOpusEncoder(48_000), newOpusDecoder(48_000)] as const,
    )
    for (const [into, by] of all.slice(0, 20)) by.decode(out, 0, into.encode(pcm, out, 0), pcm)
    for (const one of all.flat()) one.close()
  }
  round()
  const before = process.memoryUsage()
  for (let n = 0; n < 5; n++) round()
  const after = process.memoryUsage()
  // The memory of WebAssembly never shrinks; a leak of one codec a pair would be 40 MB and more here.
  expect(after.external - before.external).toBeLessThan(1_000_000)
  expect(before.external).toBeGreaterThan(16_000_000)
})

test('settings that libopus does not take', () => {
  expect(() => newOpusEncoder(16_000, { complexity: 11 })).toThrow(RangeError)
  expect(() => newOpusEncoder(16_000, { bitrate: -5 })).toThrow(RangeError)
  expect(() => newOpusEncoder(16_000, { expectedLossPercent: 101 })).toThrow(RangeError)
  expect(() => encoder(16_000).encode(new Int16Array(320), new Uint8Array(10), 10)).toThrow(
    RangeError,
  )
})

describe('the duration of a packet', () => {
  // Configurations: SILK 10 to 60 ms, hybrid 10 and 20, CELT 2.5 to 20 (RFC 6716 table 2).
  test.each([
    ...[
      [0, 480],
      [1, 960],
      [2, 1920],
      [3, 2880],
      [8, 480],
      [11, 2880],
    ],
    ...[
      [12, 480],
      [13, 960],
      [14, 480],
      [15, 960],
    ],
    ...[
      [16, 120],
      [17, 240],
      [18, 480],
      [19, 960],
      [28, 120],
      [31, 960],
    ],
  ])('configuration %d: %d units of 48 kHz a frame', (configuration, units) => {
    const toc = configuration! << 3
    expect(opusPacketSamples(Uint8Array.of(9, toc, 7, 7), 1, 3, 48_000)).toBe(units)
    expect(opusPacketSamples(Uint8Array.of(toc), 0, 1, 48_000)).toBe(units)
    expect(opusPacketSamples(Uint8Array.of(toc | 1, 7, 7), 0, 3, 48_000)).toBe(2 * units!)
    expect(opusPacketSamples(Uint8Array.of(toc | 2, 1, 7), 0, 3, 48_000)).toBe(2 * units!)
    expect(opusPacketSamples(Uint8Array.of(toc | 3, 0x81, 7), 0, 3, 8000)).toBe(units! / 6)
  })

  test.each([
    { what: 'nothing', bytes: [] },
    { what: 'two frames of one length in an even number of bytes', bytes: [(9 << 3) | 1, 7, 7, 7] },
    { what: 'two frames without a length', bytes: [(9 << 3) | 2] },
    { what: 'any number of frames, but no number', bytes: [(9 << 3) | 3] },
    { what: 'no frames', bytes: [(9 << 3) | 3, 0x80, 7] },
    { what: '140 ms', bytes: [(9 << 3) | 3, 7, 7, 7] },
    { what: 'a frame of 1,276 bytes', bytes: [9 << 3, ...Array<number>(1276).fill(1)] },
  ])('$what: 0', ({ bytes }) => {
    expect(opusPacketSamples(Uint8Array.from(bytes), 0, bytes.length, 48_000)).toBe(0)
  })

  test('bytes beyond the payload: 0', () => {
    expect(opusPacketSamples(new Uint8Array(5), 2, 4, 48_000)).toBe(0)
  })
})
