import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { SherpaTranscriber } from '../../../engine/sherpa/index.ts'
import { StretchCutter } from '../../../engine/sherpa/stretches.ts'
import { confidenceOf } from '../../../engine/sherpa/transcriber.ts'
import { soundBlocks } from '../../../recordings/index.ts'
import { WORDS, writeToneCtc } from '../../support/onnx/tone-ctc.ts'

const RATE_HZ = 8000
const never = new AbortController().signal
type Said = readonly [atMs: number, word: (typeof WORDS)[number]['word']]

/** A channel in which each word sounds for 300 ms. */
function channel(lengthMs: number, said: readonly Said[]): Int16Array {
  const samples = new Int16Array(lengthMs * 8)
  for (const [atMs, word] of said) {
    const hz = WORDS.find((one) => one.word === word)?.hz ?? 0
    for (let i = 0; i < 2400; i++) {
      samples[atMs * 8 + i] = 9000 * Math.sin((2 * Math.PI * hz * i) / RATE_HZ)
    }
  }
  return samples
}

/** A WAV file, in pieces as a disk gives them. */
async function* wavOf(channels: readonly Int16Array[]): AsyncGenerator<Uint8Array> {
  const [first = new Int16Array(0)] = channels
  const all = new Int16Array(first.length * channels.length)
  for (const [n, samples] of channels.entries()) {
    for (let i = 0; i < first.length; i++) all[i * channels.length + n] = samples[i] ?? 0
  }
  yield wavHeader({
    ...{ rateHz: RATE_HZ, channels: channels.length, format: 'pcm16', dataBytes: all.byteLength },
  })
  const bytes = new Uint8Array(all.buffer)
  for (let at = 0; at < bytes.length; at += 9001) yield bytes.subarray(at, at + 9001)
}

describe('the stretches of a channel', () => {
  const cut = (samples: Int16Array, piece = 1000) => {
    const cutter = new StretchCutter(RATE_HZ)
    const found = []
    for (let at = 0; at < samples.length; at += piece) {
      found.push(...cutter.take(samples.slice(at, at + piece)))
    }
    return [...found, ...cutter.end()].map(({ startMs, samples: { length } }) => [
      startMs,
      length / 8,
    ])
  }

  test('silence has none, and a click is none', () => {
    const click = channel(5000, [])
    click.fill(20_000, 9000, 9080)
    expect(cut(click)).toEqual([])
  })

  test('are what is said between pauses, with an edge', () => {
    const said = channel(6000, [
      [1000, 'low'],
      [1500, 'high'],
      [4000, 'low'],
    ])
    expect(cut(said)).toEqual([
      [800, 1200],
      [3800, 700],
    ])
    expect(cut(said, 77)).toEqual([
      [800, 1200],
      [3800, 700],
    ])
  })

  test('are at most 25 s long', () => {
    const long = channel(
      40_000,
      Array.from({ length: 133 }, (_, n) => [n * 300, 'low'] as const),
    )
    expect(cut(long).map(([, length]) => length)).toEqual([25_000, 15_000])
  })
})

test.each([
  ['no model told it', [], undefined],
  ['sure', [0, 0], 1],
  ['fifty-fifty', [Math.log(0.5), Math.log(0.5)], 0.5],
  ['the geometric mean', [Math.log(0.9), Math.log(0.4)], 0.6],
  ['a logarithm that is none', [0.2], 1],
] as const)('how sure a model is: %s', (_what, logProbabilities, confidence) => {
  expect(confidenceOf(logProbabilities).confidence).toBe(confidence)
})

describe('transcription by sherpa-onnx', () => {
  let folder: string
  let transcriber: SherpaTranscriber
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'transcriber-'))
    await writeToneCtc(folder)
    transcriber = new SherpaTranscriber({ folder, threads: 1, environment: {} })
  })
  afterAll(async () => {
    await transcriber.close()
    await rm(folder, { recursive: true })
  })

  test('who said what, and when', async () => {
    const caller = channel(7000, [
      [500, 'low'],
      [900, 'middle'],
      [5000, 'high'],
    ])
    const agent = channel(7000, [
      [2500, 'high'],
      [2900, 'low'],
    ])
    const sound = soundBlocks(wavOf([caller, agent]), 'wav')
    const { text, segments } = await transcriber.transcribe(sound, never)
    expect(text).toBe('low middle high low high')
    expect(segments.map(({ channel: who, text: said }) => [who, said])).toEqual([
      [0, 'low middle'],
      [1, 'high low'],
      [0, 'high'],
    ])
    for (const [at, ms] of [500, 2500, 5000].entries()) {
      expect(Math.abs((segments[at]?.startMs ?? 0) - ms)).toBeLessThan(60)
    }
  })

  test('of a language by the model of that, where there is one', async () => {
    const several = await mkdtemp(join(tmpdir(), 'transcriber-'))
    await writeToneCtc(several)
    await writeToneCtc(join(several, 'de'), ['tief', 'mittel', 'hoch'])
    await mkdir(join(several, 'fr'))
    await writeToneCtc(join(several, 'test_wavs'))
    const one = new SherpaTranscriber({ folder: several, threads: 1, environment: {} })
    try {
      const languages = ['de', 'DE-at', 'fr', 'en-US', 'test_wavs', '']
      expect(languages.map((language) => one.hasLanguage(language))).toEqual([
        ...[true, true, false, false, false, false],
      ])
      const said = channel(2000, [[500, 'high']])
      const heard = async (language?: string) =>
        (await one.transcribe(soundBlocks(wavOf([said]), 'wav'), never, language)).text
      expect([await heard('de-AT'), await heard('fr'), await heard()]).toEqual([
        ...['hoch', 'high', 'high'],
      ])
    } finally {
      await one.close()
      await rm(several, { recursive: true })
    }
  })

  test('silence is no words', async () => {
    const sound = soundBlocks(wavOf([channel(3000, [])]), 'wav')
    expect(await transcriber.transcribe(sound, never)).toEqual({ text: '', segments: [] })
  })

  test('is called off at once', async () => {
    const stop = new AbortController()
    const said = Array.from({ length: 100 }, (_, n) => [n * 2000, 'low'] as const)
    const sound = soundBlocks(wavOf([channel(200_000, said)]), 'wav')
    const under = transcriber.transcribe(sound, stop.signal)
    setTimeout(() => stop.abort(new Error('over')), 30)
    await expect(under).rejects.toThrow('over')
  })

  test('a process that is killed is a failure, and another one goes on', async () => {
    const said = Array.from({ length: 300 }, (_, n) => [n * 1500, 'low'] as const)
    const under = transcriber.transcribe(soundBlocks(wavOf([channel(450_000, said)]), 'wav'), never)
    while (transcriber.pid === undefined) await new Promise((resolve) => setTimeout(resolve, 5))
    process.kill(transcriber.pid, 'SIGKILL')
    await expect(under).rejects.toMatchObject({ code: 'transcription_failed' })
    const next = soundBlocks(wavOf([channel(2000, [[500, 'high']])]), 'wav')
    expect((await transcriber.transcribe(next, never)).text).toBe('high')
  })

  test('a folder without a model says why, a recording without sound too', async () => {
    const bare = new SherpaTranscriber({ folder: '/nowhere', threads: 1, environment: {} })
    expect(bare.unavailableBecause()).toMatch(/no model that can transcribe in \/nowhere: ENOENT/)
    await writeFile(join(folder, 'other.onnx'), 'rubbish')
    const rubbish = new SherpaTranscriber({ folder, threads: 1, environment: {} })
    expect(rubbish.unavailableBecause()).toBeUndefined()
    async function* text() {
      yield new TextEncoder().encode('no sound at all')
    }
    await expect(transcriber.transcribe(soundBlocks(text(), 'wav'), never)).rejects.toThrow('WAV')
  })
})
