import { spawnSync } from 'node:child_process'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { Resampler } from '../../../engine/dsp/resampler.ts'
import { downmix, readWav } from '../../../engine/dsp/wav.ts'
import { seeded } from '../../unit/dsp/packet-trace.ts'
import type { Random } from './dtmf-signals.ts'

// Sound at 8 kHz in which there are no keys, and in which none may be found.

const RATE_HZ = 8000
const PROMPT_FOLDER = '/usr/share/asterisk/sounds'

function narrow(file: Uint8Array): Int16Array {
  const { rateHz, samples } = readWav(file)
  const pcm = downmix(samples)
  const resampler = new Resampler(rateHz, RATE_HZ)
  const out = new Int16Array(resampler.maxOutput(pcm.length))
  return out.subarray(0, resampler.process(pcm, 0, pcm.length, out, 0))
}

/** Prompts of Debian's asterisk-core-sounds-en-wav, each a signal, as far as it is installed. */
export function prompts(most: number): Int16Array[] {
  if (!existsSync(PROMPT_FOLDER)) return []
  const files = globSync(`${PROMPT_FOLDER}/**/*.wav`).sort().slice(0, most)
  return files.map((file) => narrow(readFileSync(file)))
}

const voices = [
  ...['en-us', 'en-us+f3', 'en-gb+m5', 'de', 'de+f2'],
  ...['fr+f4', 'es+m3', 'it', 'pl+f5', 'sv+croak'],
]
const words =
  `the of and to in is you that it he was for on are as with his they at be this have from or one had by
word but not what all were we when your can said there use an each which she do how their if will up other about out
many then them these so some her would make like him into time has look two more write go see number no way could
people my than first water been call who oil its now find long down day did get come made may part over new sound take
only little work know place year live me back give most very after thing our just name good sentence man think say
great where help through much before line right too mean old any same tell boy follow came want show also around form
three small set put end does another well large must big even such because turn here why ask went men read need land
different home us move try kind hand picture again change off play spell air away animal house point page letter
mother answer found study still learn should world`.split(/\s+/)

const pick = <T>(from: readonly T[], random: Random): T => from[Math.floor(from.length * random())]!

const sentences = (count: number, random: Random): string =>
  Array.from({ length: count }, () => {
    const length = 5 + Math.floor(8 * random())
    return `${Array.from({ length }, () => pick(words, random)).join(' ')}.`
  }).join('\n')

function speak(voice: string, text: string): Int16Array | undefined {
  const { status, stdout } = spawnSync('espeak-ng', ['-v', voice, '--stdin', '--stdout'], {
    ...{ input: text, maxBuffer: 100_000_000, timeout: 60_000 },
  })
  return status === 0 ? narrow(stdout) : undefined
}

/** Sentences of common words by ten voices of espeak-ng; nothing where it is not installed. */
export function speech(seconds: number): Int16Array[] {
  const random = seeded(4711)
  const spoken: Int16Array[] = []
  let samples = 0
  for (let n = 0; samples < seconds * RATE_HZ; n++) {
    const pcm = speak(voices[n % voices.length]!, sentences(20, random))
    if (!pcm) return []
    spoken.push(pcm)
    samples += pcm.length
  }
  return spoken
}

const BAR_SECONDS = 4
const instruments = ['pluck', 'sawtooth', 'triangle', 'trapezium', 'square', 'pluck', 'pluck']
const scales = ['C D E F G A B', 'A B C D E F G#', 'D E F# G A B C#', 'G A A# C D D# F']

/** A bar of four voices with notes of a scale, one after the other, with echo. */
function bar(random: Random): Int16Array | undefined {
  const scale = pick(scales, random).split(' ')
  const instrument = pick(instruments, random)
  const note = () => [instrument, `${pick(scale, random)}${2 + Math.floor(4 * random())}`]
  const synth = ['synth', String(BAR_SECONDS), ...note(), ...note(), ...note(), ...note()]
  const late = ['delay', ...Array.from({ length: 4 }, () => (1.5 * random()).toFixed(2))]
  const end = ['remix', '-', 'fade', '0.05', String(BAR_SECONDS), '1', 'reverb', 'norm', '-6']
  const from = ['-R', '-V1', '-r', '44100', '-c', '4', '-n']
  const to = ['-t', 'wav', '-b', '16', '-c', '1', '-']
  const { status, stdout } = spawnSync('sox', [...from, ...to, ...synth, ...late, ...end], {
    ...{ maxBuffer: 10_000_000, timeout: 60_000 },
  })
  return status === 0 ? narrow(stdout) : undefined
}

/** Chords and broken chords made by sox; nothing where it is not installed. */
export function music(seconds: number): Int16Array[] {
  const random = seeded(1685)
  const played: Int16Array[] = []
  for (let at = 0; at < seconds; at += BAR_SECONDS) {
    const pcm = bar(random)
    if (!pcm) return []
    played.push(pcm)
  }
  return played
}
