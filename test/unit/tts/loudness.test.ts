import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { integratedLoudness } from '../../../engine/dsp/loudness.ts'
import { readWav, wavHeader } from '../../../engine/dsp/wav.ts'
import { createSpeech, EspeakNg, type SpeechProvider } from '../../../tts/index.ts'
import type { Spoken } from '../../../tts/voice-book.ts'
import { VoiceGains } from '../../../tts/voice-gains.ts'
import { FakeProvider } from './fake-provider.ts'

let dataDir = ''
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'loud-'))
})
// What was measured may be written just now.
afterEach(() => rm(dataDir, { recursive: true, maxRetries: 10, retryDelay: 20 }))

const open = (provider: SpeechProvider, loudnessLufs: number | undefined) =>
  createSpeech({ dataDir, providers: [provider], loudnessLufs, log: { warn() {} } })

async function lufsOf(path: string): Promise<number | undefined> {
  const { rateHz, samples } = readWav(await readFile(path))
  return integratedLoudness(samples, rateHz)
}

/** A second of a tone, as loud as is wanted. */
function tone(amplitude: number): Uint8Array {
  const pcm = Int16Array.from({ length: 8000 }, (_, i) => amplitude * Math.sin(i * 0.8))
  const header = wavHeader({ rateHz: 8000, channels: 1, format: 'pcm16', dataBytes: 16_000 })
  return Buffer.concat([header, new Uint8Array(pcm.buffer)])
}

describe('the level of a voice', () => {
  test('is measured once, also over a restart, and then told beforehand', async () => {
    const provider = new FakeProvider()
    provider.answer = () => tone(1000)
    const speech = open(provider, -23)
    const { path } = await speech.synthesise({ text: 'one' })
    expect(await lufsOf(path)).toBeCloseTo(-23, 1)
    const measuring = provider.spoken.length
    // Softer words of the same voice stay softer: the gain is the voice's.
    provider.answer = () => tone(500)
    const soft = await lufsOf((await speech.synthesise({ text: 'two' })).path)
    expect(soft).toBeCloseTo(-29, 1)
    await open(provider, -23).synthesise({ text: 'three' })
    expect(provider.spoken.length).toBe(measuring + 2)
  })

  test('is part of what it sounds like: another one is made anew', async () => {
    const provider = new FakeProvider()
    provider.answer = () => tone(1000)
    const quiet = await open(provider, -30).synthesise({ text: 'one' })
    const loud = await open(provider, -20).synthesise({ text: 'one' })
    expect(loud.cached).toBe(false)
    expect(await lufsOf(quiet.path)).toBeCloseTo(-30, 1)
    expect(await lufsOf(loud.path)).toBeCloseTo(-20, 1)
  })

  test('is left as it is where none is wanted, and where it can not be measured', async () => {
    const provider = new FakeProvider()
    provider.answer = (text) => tone(text === 'one' || text === 'two' ? 1000 : 0)
    const as = await lufsOf((await open(provider, undefined).synthesise({ text: 'one' })).path)
    const still = await lufsOf((await open(provider, -10).synthesise({ text: 'two' })).path)
    expect(still).toBe(as)
  })
})

describe('the level of a voice of a server', () => {
  const opened = (provider: FakeProvider) => {
    let nowMs = 0
    provider.isRemote = true
    const [voice] = provider.voices()
    if (!voice) throw new Error('no voice')
    const spoken: Spoken = { provider, voice }
    const gains = new VoiceGains({
      ...{ targetLufs: -23, path: join(dataDir, 'voices.json'), nowMs: () => nowMs },
    })
    return {
      gain: () => gains.soon(spoken),
      passMs: (ms: number) => {
        nowMs += ms
      },
    }
  }

  test('is measured beside what is spoken, and known for what comes next', async () => {
    const provider = new FakeProvider()
    provider.hold = true
    provider.answer = () => tone(1000)
    const { gain } = opened(provider)
    expect(await gain()).toEqual({ factor: 1, isMeasured: false })
    expect(await gain()).toEqual({ factor: 1, isMeasured: false })
    await vi.waitFor(() => expect(provider.spoken.length).toBe(1), { timeout: 30_000 })
    provider.release()
    await vi.waitFor(async () => expect((await gain()).isMeasured).toBe(true), { timeout: 30_000 })
    expect((await gain()).factor).toBeGreaterThan(1)
    expect(provider.spoken.length).toBe(1)
  })

  test('that can not be measured is not tried again with each sentence, but later', async () => {
    const provider = new FakeProvider()
    provider.answer = () => new Uint8Array()
    const { gain, passMs } = opened(provider)
    await gain()
    await vi.waitFor(() => expect(provider.spoken.length).toBe(1), { timeout: 30_000 })
    await new Promise((resolve) => setImmediate(resolve))
    passMs(4 * 60_000)
    for (let n = 0; n < 3; n += 1) expect((await gain()).isMeasured).toBe(false)
    expect(provider.spoken.length).toBe(1)
    provider.answer = () => tone(1000)
    passMs(2 * 60_000)
    await vi.waitFor(async () => expect((await gain()).isMeasured).toBe(true), { timeout: 30_000 })
    expect(provider.spoken.length).toBe(2)
  })

  test('is not kept in the cache as it was before it was known', async () => {
    const provider = new FakeProvider()
    provider.isRemote = true
    provider.hold = true
    provider.answer = () => tone(1000)
    const speech = open(provider, -23)
    const first = speech.synthesise({ text: 'one' })
    await vi.waitFor(() => expect(provider.spoken).toContain('one'), { timeout: 30_000 })
    provider.hold = false
    provider.release()
    expect(await lufsOf((await first).path)).toBeLessThan(-25)
    const again = async () => lufsOf((await speech.synthesise({ text: 'one' })).path)
    await expect.poll(again).toBeCloseTo(-23, 1)
  })
})

// `npm test` installs the real program when it may.
const real = new EspeakNg()
const texts = {
  'en-us':
    'Hello, this is the reception of the town library. We are open on weekdays from nine in the morning until six in the evening. To renew a book, please press one now.',
  'en-us+f3':
    'Hello, this is the reception of the town library. We are open on weekdays from nine in the morning until six in the evening. To renew a book, please press one now.',
  de: 'Guten Tag, hier ist die Stadtbücherei. Wir haben werktags von neun Uhr morgens bis sechs Uhr abends geöffnet. Um ein Buch zu verlängern, drücken Sie bitte die Eins.',
  fr: 'Bonjour, ici la bibliothèque municipale. Nous sommes ouverts en semaine de neuf heures du matin à six heures du soir. Pour prolonger un livre, appuyez sur un.',
}
/** On a busy machine the first sentence may be over before it is known how loud the voice is, and stay as it is. */
async function offBy(
  speech: ReturnType<typeof open>,
  text: string,
  voice: string,
): Promise<number> {
  return Number(await lufsOf((await speech.synthesise({ text, voice })).path)) + 23
}

test.runIf(real.unavailableBecause() === undefined).each(Object.entries(texts))(
  'espeak-ng, %s: within 1 dB',
  async (voice, text) => {
    const speech = open(real, -23)
    await expect.poll(async () => Math.abs(await offBy(speech, text, voice))).toBeLessThan(1)
  },
)

test.runIf(real.unavailableBecause() === undefined)(
  'espeak-ng, Mandarin: short sentences are as loud as others, taken together',
  async () => {
    const sentences = [
      '您好。请稍等，正在为您接通。',
      '您的余额是三百五十元，将于下个月到期。',
      '对不起，您拨打的电话暂时无人接听，请稍后再拨。',
      '今天天气很好，我们去公园散步吧。',
      '感谢您的耐心等待，您前面还有三位客户。',
    ]
    const speech = open(real, -23)
    const mean = async () => {
      let sum = 0
      for (const text of sentences) sum += await offBy(speech, text, 'cmn')
      return Math.abs(sum / sentences.length)
    }
    await expect.poll(mean).toBeLessThan(0.6)
  },
)
