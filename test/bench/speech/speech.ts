import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SherpaTranscriber } from '../../../engine/sherpa/index.ts'
import {
  createSpeech,
  EspeakNg,
  Festival,
  Flite,
  Sherpa,
  type SpeechProvider,
} from '../../../tts/index.ts'
import { writeToneCtc } from '../../support/onnx/tone-ctc.ts'
import { writeToneSpeech } from '../../support/onnx/tone-speech.ts'
import { type Bench, inMs, type Print, printTable } from '../report.ts'
import { summaryOf } from '../statistics.ts'
import { sentences } from './sentences.ts'

const log = { warn: () => undefined }
const never = new AbortController().signal
/** Of the issue: for a sentence of 10 words, and for one in the cache. */
const aim = { firstMs: 60, cachedMs: 5 }

/** A folder that is gone afterwards, and in it a model of tones: how fast real models are it does not tell. */
async function within(run: (folder: string, speakers: SpeechProvider[]) => Promise<void>) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-speech-'))
  const models = process.env['BENCH_SPEECH_MODELS']
  if (models === undefined) await writeToneSpeech(join(folder, 'models', 'tone'))
  const environment = { PATH: process.env['PATH'] ?? '' }
  const sherpa = new Sherpa({ folder: models ?? join(folder, 'models'), environment })
  try {
    await run(folder, [new EspeakNg(), new Flite(), new Festival(), sherpa])
  } finally {
    await sherpa.close()
    await rm(folder, { recursive: true, force: true })
  }
}

interface Taken {
  readonly firstMs: number
  readonly allMs: number
  readonly soundMs: number
}

async function speakOnce(provider: SpeechProvider, text: string, voice: string): Promise<Taken> {
  const startMs = performance.now()
  let firstMs = 0
  let soundMs = 0
  const segment = { text, voice, rate: 1, octaves: 0, gain: 1, spelled: false }
  for await (const { samples, rateHz } of provider.speak(segment, never)) {
    if (soundMs === 0) firstMs = performance.now() - startMs
    soundMs += (samples.length * 1000) / rateHz
  }
  return { firstMs, allMs: performance.now() - startMs, soundMs }
}

/** The first and the default voice of each, and flite's small one. */
const voicesOf = (provider: SpeechProvider) =>
  provider
    .voices()
    .filter(({ name }, at) => at === 0 || name === 'kal16')
    .map((voice) => ({ provider, voice: voice.name }))

const heading = [
  '',
  'first p50',
  'first p95',
  'whole p50',
  'whole p95',
  'real-time factor',
  'measured',
]

function row(name: string, taken: readonly Taken[]): string[] {
  const first = summaryOf(taken.map(({ firstMs }) => firstMs))
  const all = summaryOf(taken.map(({ allMs }) => allMs))
  const sum = (pick: (one: Taken) => number) => taken.reduce((total, one) => total + pick(one), 0)
  const factor = sum(({ allMs }) => allMs) / sum(({ soundMs }) => soundMs)
  return [
    ...[name, inMs(first.p50), inMs(first.p95), inMs(all.p50), inMs(all.p95)],
    ...[factor.toFixed(4), String(taken.length)],
  ]
}

export const providers: Bench = {
  name: 'providers',
  title: 'a sentence of ten words by each provider, one after the other',
  run: (print, isShort) =>
    within(async (_, speakers) => {
      const rows: string[][] = [heading]
      const missing: string[] = []
      for (const speaker of speakers) {
        const why = speaker.unavailableBecause()
        if (why !== undefined) missing.push(`  ${speaker.name}: ${why}`)
        for (const { provider, voice } of voicesOf(speaker)) {
          // Programs into the page cache, the model into memory.
          await speakOnce(provider, 'Good morning, this is a warning.', voice)
          const taken: Taken[] = []
          for (const text of sentences(isShort ? 3 : 60)) {
            taken.push(await speakOnce(provider, text, voice))
          }
          rows.push(row(`${provider.name} ${voice}`, taken))
        }
      }
      printTable(print, rows)
      for (const line of missing) print(line)
      print(`  aim: first sound p95 under ${aim.firstMs} ms`)
      noteOfModel(print)
    }),
}

function noteOfModel(print: Print): void {
  if (process.env['BENCH_SPEECH_MODELS'] !== undefined) return
  print(
    '  sherpa: a made model of tones, which says what the process costs, not what real models do',
  )
  print('  (BENCH_SPEECH_MODELS=folder measures those)')
}

export const cached: Bench = {
  name: 'cached',
  title: 'the same sentences again, from the cache',
  run: (print, isShort) =>
    within(async (folder, speakers) => {
      const speech = createSpeech({ dataDir: folder, log, providers: speakers })
      const texts = sentences(isShort ? 3 : 100)
      for (const text of texts) await speech.synthesise({ text })
      const taken: number[] = []
      let hits = 0
      for (const text of [...texts, ...texts]) {
        const startMs = performance.now()
        const { cached: isHit } = await speech.synthesise({ text })
        taken.push(performance.now() - startMs)
        if (isHit) hits += 1
      }
      const { p50, p95, max, count } = summaryOf(taken)
      print(`  ${inMs(p50)} p50, ${inMs(p95)} p95, ${inMs(max)} at most, ${hits} hits of ${count}`)
      print(`  aim: p95 under ${aim.cachedMs} ms`)
    }),
}

export const atOnce: Bench = {
  name: 'at-once',
  title: '100 different sentences asked for at once, through the speech port',
  run: (print, isShort) =>
    within(async (folder, speakers) => {
      const speech = createSpeech({ dataDir: folder, log, providers: speakers })
      const rows: string[][] = [
        ['', 'first p50', 'first p95', 'first max', 'all there after', 'speech made'],
      ]
      for (const [n, speaker] of speakers.entries()) {
        const [voice] = speaker.voices()
        if (voice === undefined) continue
        const startMs = performance.now()
        let soundMs = 0
        const texts = sentences(isShort ? 5 : 100, 1000 * (n + 1))
        const first = await Promise.all(
          texts.map(async (text) => {
            const speaking = await speech.speak({ text, voice: voice.id })
            const firstMs = performance.now() - startMs
            await speaking.ended
            const { durationMs } = await speech.synthesise({ text, voice: voice.id })
            soundMs += durationMs
            speaking.release()
            return firstMs
          }),
        )
        const allS = (performance.now() - startMs) / 1000
        const { p50, p95, max } = summaryOf(first)
        rows.push([
          ...[`${voice.id}`, inMs(p50), inMs(p95), inMs(max)],
          ...[`${allS.toFixed(2)} s`, `${(soundMs / 1000).toFixed(0)} s`],
        ])
      }
      printTable(print, rows)
      noteOfModel(print)
    }),
}

export const transcription: Bench = {
  name: 'transcription',
  title: 'a recording of tones and pauses, by a recognition model',
  async run(print, isShort) {
    const folder = await mkdtemp(join(tmpdir(), 'bench-transcribe-'))
    const models = process.env['BENCH_TRANSCRIBE_MODEL']
    if (models === undefined) await writeToneCtc(folder)
    const environment = { PATH: process.env['PATH'] ?? '' }
    const transcriber = new SherpaTranscriber({ folder: models ?? folder, threads: 2, environment })
    const seconds = isShort ? 20 : 600
    async function* sound() {
      for (let second = 0; second < seconds; second++) {
        const isSpoken = second % 5 < 3
        const samples = Int16Array.from({ length: 8000 }, (_, i) =>
          isSpoken ? 9000 * Math.sin((2 * Math.PI * 500 * i) / 8000) : 0,
        )
        yield { rateHz: 8000, channels: 1, samples }
      }
    }
    try {
      const startMs = performance.now()
      const { segments } = await transcriber.transcribe(sound(), never)
      const takenS = (performance.now() - startMs) / 1000
      const factor = (takenS / seconds).toFixed(4)
      print(
        `  ${seconds} s in ${takenS.toFixed(2)} s: real-time factor ${factor}, ${segments.length} segments`,
      )
      if (models === undefined)
        print('  a made model (BENCH_TRANSCRIBE_MODEL=folder measures another)')
    } finally {
      await transcriber.close()
      await rm(folder, { recursive: true, force: true })
    }
  },
}
