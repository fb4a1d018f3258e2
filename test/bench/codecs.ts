import type { Decoder, Encoder } from '../../engine/dsp/codec.ts'
import { DtmfDetector } from '../../engine/dsp/dtmf-detector.ts'
import { newUlawDecoder, newUlawEncoder } from '../../engine/dsp/g711-codec.ts'
import { newG722Decoder, newG722Encoder } from '../../engine/dsp/g722.ts'
import { newOpusDecoder, newOpusEncoder } from '../../engine/dsp/opus.ts'
import { type Bench, inPercent, type Print, printTable } from './report.ts'
import { quantileOf } from './statistics.ts'

const seconds = 4
const frames = 50 * seconds
const largestPacket = 1275
const frameUs = 20_000

const rows: readonly (readonly [string, () => Encoder, () => Decoder])[] = [
  ['PCMU', newUlawEncoder, newUlawDecoder],
  ['G.722', newG722Encoder, newG722Decoder],
  ['Opus 8 kHz', () => newOpusEncoder(8000), () => newOpusDecoder(8000)],
  ['Opus 16 kHz', () => newOpusEncoder(16_000), () => newOpusDecoder(16_000)],
  ['Opus 48 kHz', () => newOpusEncoder(48_000), () => newOpusDecoder(48_000)],
]

/** Like speech: a gliding pitch with formants, syllables with pauses between them, and a little hiss. */
function speechLike(rateHz: number): Int16Array[] {
  let phase = 0
  let noise = 1
  const pcm = Int16Array.from({ length: seconds * rateHz }, (_, i) => {
    const t = i / rateHz
    phase += (2 * Math.PI * (120 + 30 * Math.sin(2 * Math.PI * 0.7 * t))) / rateHz
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 2.5 * t)) ** 0.5
    let voice = 0
    for (let k = 1; k <= 20; k++) voice += Math.sin(k * phase) / (1 + ((k - 5) / 2) ** 2)
    return Math.round(3000 * syllable * voice + noise / 2 ** 26)
  })
  const samples = rateHz / 50
  return Array.from({ length: frames }, (_, n) => pcm.subarray(n * samples, (n + 1) * samples))
}

/** Microseconds of CPU a frame, the median of the rounds: what else runs on the machine is not in it. */
function timed(rounds: number, once: (frame: number) => void): number {
  const each: number[] = []
  for (let round = 0; round < rounds + 2; round++) {
    const before = process.cpuUsage()
    for (let frame = 0; frame < frames; frame++) once(frame)
    const { user, system } = process.cpuUsage(before)
    if (round >= 2) each.push((user + system) / frames)
  }
  return quantileOf(each, 0.5)
}

/** Encoding, decoding, and a lost packet: concealed with the one after it (FEC, where the codec has it). */
function measure(encoder: Encoder, decoder: Decoder, rounds: number) {
  const sound = speechLike(encoder.rateHz)
  const out = new Uint8Array(largestPacket)
  const pcm = new Int16Array(decoder.rateHz / 50)
  const packets = sound.map((frame) => out.slice(0, encoder.encode(frame, out, 0)))
  const bytes = packets.reduce((sum, packet) => sum + packet.length, 0)
  return {
    kbits: (8 * bytes) / seconds / 1000,
    encodeUs: timed(rounds, (n) => encoder.encode(sound[n]!, out, 0)),
    decodeUs: timed(rounds, (n) => decoder.decode(packets[n]!, 0, packets[n]!.length, pcm)),
    concealUs: timed(rounds, (n) => decoder.conceal(pcm, packets[n]!, 0, packets[n]!.length)),
  }
}

/** The detector that listens for keys pressed as tones. */
function detectUs(rounds: number): number {
  const sound = speechLike(8000)
  const detector = new DtmfDetector({ onDigit: () => undefined })
  return timed(rounds, (n) => detector.process(sound[n]!))
}

async function run(print: Print, isShort: boolean): Promise<void> {
  const rounds = isShort ? 3 : 25
  const table = rows.map(([name, newEncoder, newDecoder]) => {
    const [encoder, decoder] = [newEncoder(), newDecoder()]
    const { kbits, encodeUs, decodeUs, concealUs } = measure(encoder, decoder, rounds)
    encoder.close()
    decoder.close()
    const us = [encodeUs, decodeUs, concealUs].map((value) => `${value.toFixed(1)} us`)
    return [name, `${kbits.toFixed(1)}`, ...us, inPercent((encodeUs + decodeUs) / frameUs)]
  })
  print('  CPU time for 20 ms of speech-like sound; the last column for a leg, both ways')
  printTable(print, [['', 'kbit/s', 'encode', 'decode', 'conceal', 'of a core'], ...table])
  print(`  listening for in-band DTMF at 8 kHz: ${detectUs(rounds).toFixed(1)} us (aim < 5 us)`)
}

export const codecs: Bench = {
  name: 'codecs',
  title: 'CPU that a frame of each codec takes',
  run,
}
