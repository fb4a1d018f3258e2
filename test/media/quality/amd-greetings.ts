import { spawnSync } from 'node:child_process'
import { clip16 } from '../../../engine/dsp/clip.ts'
import { decodeAlaw, decodeUlaw, encodeAlaw, encodeUlaw } from '../../../engine/dsp/g711.ts'
import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { resample } from '../../../engine/dsp/resampler.ts'
import { readWav } from '../../../engine/dsp/wav.ts'
import { seededRandom } from '../../support/impairments.ts'

/** What people say when they take a call, and what their machines say, by the voices of espeak-ng. */
const people: Readonly<Record<string, readonly string[]>> = {
  'en-us': ['Hello?', 'Hello, who is this?', 'Smith speaking.', 'Yes?', 'Hi, good morning.'],
  'en-gb': ['Hello?', 'Good afternoon, Smith speaking.', 'Yes, hello?', 'Hi.'],
  de: ['Hallo?', 'Ja bitte?', 'Guten Tag, wer ist da?'],
  fr: ['Allô ?', 'Oui, bonjour.', 'Allô, oui, j’écoute.'],
  es: ['¿Diga?', '¿Hola, quién es?', 'Sí, dígame.'],
  it: ['Pronto?', 'Sì, pronto, chi parla?'],
  nl: ['Hallo?', 'Goedemorgen, met wie spreek ik?'],
}
const machines: Readonly<Record<string, readonly string[]>> = {
  'en-us': [
    'You have reached my voice mail. Please leave a message after the tone.',
    'Hi. I can not come to the phone right now. Leave your name and number, and I will call you back.',
    'The person you are calling is not available. At the tone, please record your message. When you have finished, hang up.',
  ],
  'en-gb': [
    'Hello. Sorry that I have missed your call. Please leave a message after the beep.',
    'Welcome to the messaging service. The person that you have called can not take your call at the moment.',
  ],
  de: [
    'Hallo. Leider bin ich gerade nicht zu erreichen. Bitte hinterlassen Sie eine Nachricht nach dem Ton.',
    'Der gewünschte Gesprächspartner ist zur Zeit nicht erreichbar. Bitte versuchen Sie es später noch einmal.',
  ],
  fr: [
    'Bonjour. Je ne suis pas disponible pour le moment. Laissez-moi un message après le bip sonore.',
  ],
  es: ['El número marcado no está disponible. Por favor, deje su mensaje después de la señal.'],
  it: [
    'Salve. In questo momento non posso rispondere. Lasciate un messaggio dopo il segnale acustico.',
  ],
  nl: ['U bent verbonden met de voicemail. Spreek een bericht in na de toon.'],
}
/** People who say as much as a machine, and machines that say as little as people. */
const talkative: typeof people = {
  'en-us': ['Good morning, this is the service desk, how can I help you today?'],
  'en-gb': ['Hello, you are through to the front desk, how may I direct your call?'],
  de: ['Guten Tag, Sie sprechen mit der Zentrale, was kann ich für Sie tun?'],
}
const terse: typeof machines = {
  'en-us': ['Hi, leave a message.', 'Not here. Leave a message.'],
  'en-gb': ['Please leave a message.'],
  de: ['Bitte sprechen Sie nach dem Ton.'],
}

const variants = ['', '+f2', '+f3', '+m2', '+m4', '+m7'] as const
const wordsPerMinute = [135, 155, 175, 200] as const
export const beepsHz = [440, 620, 852, 1000, 1400, 2000] as const
export const ratiosDb = [5, 10, 15, 20, 30] as const

const RATE_HZ = 8000
const LEVEL_DB = -22

export interface Greeting {
  readonly who: 'human' | 'machine'
  /** Of the beep; 0: there is none. */
  readonly beepHz: number
  readonly ratioDb: number
  /** When the greeting begins and ends, and the beep ends (0: none). */
  readonly beginMs: number
  readonly endMs: number
  readonly beepEndMs: number
  /** At 8 kHz, as it comes out of G.711. */
  readonly pcm: Int16Array
  readonly what: string
}

export const hasEspeak = (): boolean => spawnSync('espeak-ng', ['--version']).status === 0

/** `count` greetings, half of people and half of machines; the same seed gives the same. `isHard`: misleading ones. */
export function* greetings(count: number, seed: number, isHard = false): Generator<Greeting> {
  const random = seededRandom(seed)
  const pick = <T>(from: readonly T[]): T => {
    random()
    return from[Math.floor(random() * from.length)]!
  }
  for (let n = 0; n < count; n++) {
    const who = n % 2 === 0 ? 'human' : 'machine'
    const texts = textsOf(who, isHard)
    const language = pick(Object.keys(texts))
    const text = pick(texts[language]!)
    const voice = `${language}${pick(variants)}`
    const words = spoken(text, voice, pick(wordsPerMinute))
    const beepHz = who === 'machine' && n % 4 === 1 ? pick(beepsHz) : 0
    const ratioDb = ratiosDb[Math.floor(n / 4) % ratiosDb.length]!
    yield onTheLine({ who, beepHz, ratioDb, what: `${voice}: ${text}` }, words, random)
  }
}

function textsOf(who: Greeting['who'], isHard: boolean): typeof people {
  if (who === 'human') return isHard ? talkative : people
  return isHard ? terse : machines
}

const said = new Map<string, Int16Array>()

/** Words by espeak-ng, without the silence around them, at LEVEL_DB. */
function spoken(text: string, voice: string, wpm: number): Int16Array {
  const key = `${voice} ${wpm} ${text}`
  const known = said.get(key)
  if (known) return known
  const args = ['-v', voice, '-s', String(wpm), '--stdout', text]
  const { stdout, status } = spawnSync('espeak-ng', args, { maxBuffer: 64_000_000 })
  if (status !== 0) throw new Error(`espeak-ng said nothing of ${key}`)
  const { rateHz, samples } = readWav(stdout)
  const pcm = resample(samples[0]!, rateHz, RATE_HZ)
  const heard = (at: number) => Math.abs(pcm[at]!) > 200
  let [from, to] = [0, pcm.length]
  while (from < to && !heard(from)) from++
  while (to > from && !heard(to - 1)) to--
  const words = pcm.slice(from, to)
  const gain = 10 ** ((LEVEL_DB - rmsDbfs(words)) / 20)
  for (let i = 0; i < words.length; i++) words[i] = clip16(words[i]! * gain)
  said.set(key, words)
  return words
}

function onTheLine(
  about: Pick<Greeting, 'who' | 'beepHz' | 'ratioDb' | 'what'>,
  words: Int16Array,
  random: () => number,
): Greeting {
  const { beepHz, ratioDb } = about
  const ms = (from: number, to: number) =>
    Math.round((from + (to - from) * random()) * (RATE_HZ / 1000))
  const before = ms(100, 1200)
  const pause = ms(150, 1400)
  const beep = beepHz === 0 ? 0 : ms(160, 900)
  const end = before + words.length
  const pcm = new Int16Array(end + pause + beep + 6 * RATE_HZ)
  pcm.set(words, before)
  const amplitude = 32_768 * 10 ** ((LEVEL_DB + 3 + 6 * (random() - 0.5)) / 20)
  for (let i = 0; i < beep; i++) {
    pcm[end + pause + i] = amplitude * Math.sin((2 * Math.PI * beepHz * i) / RATE_HZ)
  }
  addNoise(pcm, LEVEL_DB - ratioDb, random)
  throughG711(pcm, random() < 0.5)
  const inMs = (samples: number) => Math.round((samples * 1000) / RATE_HZ)
  const beepEndMs = beep === 0 ? 0 : inMs(end + pause + beep)
  return { ...about, beginMs: inMs(before), endMs: inMs(end), beepEndMs, pcm }
}

/** White, or of a room (6 dB less for each octave above 300 Hz). */
function addNoise(pcm: Int16Array, levelDb: number, random: () => number): void {
  const isOfRoom = random() < 0.5
  const noise = new Float64Array(pcm.length)
  let [low, power] = [0, 0]
  for (let i = 0; i < noise.length; i++) {
    const white = random() + random() + random() - 1.5
    low += 0.21 * (white - low)
    noise[i] = isOfRoom ? low : white
    power += noise[i]! ** 2
  }
  const gain = (32_768 * 10 ** (levelDb / 20)) / Math.sqrt(power / noise.length)
  for (let i = 0; i < pcm.length; i++) pcm[i] = clip16(pcm[i]! + noise[i]! * gain)
}

function throughG711(pcm: Int16Array, isMu: boolean): void {
  const bytes = new Uint8Array(pcm.length)
  if (isMu) {
    encodeUlaw(pcm, 0, pcm.length, bytes, 0)
    decodeUlaw(bytes, 0, pcm.length, pcm, 0)
  } else {
    encodeAlaw(pcm, 0, pcm.length, bytes, 0)
    decodeAlaw(bytes, 0, pcm.length, pcm, 0)
  }
}
