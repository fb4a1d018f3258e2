import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { Sound } from '../../../engine/core/ports/media.ts'
import type { Speaking } from '../../../engine/core/ports/speech.ts'
import { SoundReader } from '../../../engine/dsp/growing-sound.ts'
import { readWav, wavHeader } from '../../../engine/dsp/wav.ts'
import { createSpeech } from '../../../tts/index.ts'
import { FakeProvider } from './fake-provider.ts'

let dataDir = ''
let provider = new FakeProvider()
let warnings: string[] = []
/** By address. */
let files: Record<string, string> = {}

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'stream-'))
  provider = new FakeProvider()
  warnings = []
  files = {}
})
// What was made is still being written to the cache.
afterEach(() => rm(dataDir, { recursive: true, maxRetries: 20, retryDelay: 50 }))

const open = () =>
  createSpeech({
    ...{ dataDir, providers: [provider], log: { warn: (text) => warnings.push(text) } },
    fetchAudio: async (url) => {
      const path = files[url]
      if (path === undefined) throw new Failure('url_unreachable', 'it is not there')
      return { path }
    },
  })

/** How long what can be heard by now is; until it ends. */
function heardMs(sound: Sound): number {
  if (sound.kind !== 'growing') throw new Error(`a ${sound.kind}`)
  const reader = new SoundReader(sound.samples)
  let frames = 0
  for (const pcm = new Int16Array(80); reader.next(pcm) && frames < 10_000; ) frames += 1
  return frames * 10
}

const ssml = (text: string) => ({ text, markup: 'ssml' as const })

describe('speech', () => {
  test('is heard before its last sentence is made', async () => {
    provider.hold = true
    const speaking = open().speak({ text: 'One is one. Two is two. Three is three.' })
    await expect.poll(() => provider.spoken).toEqual(['One is one.'])
    provider.release()
    const { ended, player } = await speaking
    await expect.poll(() => provider.spoken.length).toBe(2)
    expect(player().sound).toMatchObject({ kind: 'growing' })
    provider.hold = false
    provider.release()
    expect(await ended).toBeUndefined()
    expect(provider.spoken).toEqual(['One is one.', 'Two is two.', 'Three is three.'])
    // 10 ms a sign, from the first to the last sound of each, and two rests.
    expect(heardMs(player().sound)).toBeGreaterThan(110 + 110 + 150 + 700)
  })

  test('comes from the cache when it is whole, also after a restart', async () => {
    const request = { text: 'One is one. Two is two.' }
    const speech = open()
    const first = await speech.speak(request)
    await first.ended
    await expect.poll(async () => (await speech.synthesise(request)).cached).toBe(true)
    for (const each of [speech, open()]) {
      const again = await each.speak(request)
      expect(again.player(2).sound).toMatchObject({ kind: 'wav', loop: 2 })
      expect(await again.ended).toBeUndefined()
    }
    expect(provider.spoken).toHaveLength(2)
  })

  test('that is asked for twice meanwhile is made once, for each from its beginning', async () => {
    provider.hold = true
    const speech = open()
    const both = [speech.speak({ text: 'same' }), speech.speak({ text: 'same' })]
    await expect.poll(() => provider.spoken.length).toBe(1)
    provider.release()
    const [a, b] = await Promise.all(both)
    await Promise.all([a?.ended, b?.ended])
    expect(heardMs((a as Speaking).player().sound)).toBe(heardMs((b as Speaking).player().sound))
    expect(provider.spoken).toEqual(['same'])
  })

  test('is stopped when nobody wants it any more, and then made anew', async () => {
    provider.hold = true
    const speech = open()
    const wanted = [speech.speak({ text: 'One. Twelve.' }), speech.speak({ text: 'One. Twelve.' })]
    await expect.poll(() => provider.spoken).toEqual(['One.'])
    provider.release()
    const [a, b] = await Promise.all(wanted)
    await expect.poll(() => provider.spoken).toEqual(['One.', 'Twelve.'])
    a?.release()
    a?.release()
    expect(provider.aborted).toEqual([])
    b?.release()
    expect(provider.aborted).toContain('Twelve.')
    expect(await b?.ended).toMatchObject({ code: 'speech_unavailable' })
    provider.hold = false
    expect(await (await speech.speak({ text: 'One. Twelve.' })).ended).toBeUndefined()
    expect(warnings).toEqual([])
  })

  test('is stopped with the signal of who asked', async () => {
    provider.hold = true
    const over = new AbortController()
    const speaking = open().speak({ text: 'One. Twelve.' }, over.signal)
    await expect.poll(() => provider.spoken).toEqual(['One.'])
    provider.release()
    await speaking
    await expect.poll(() => provider.spoken).toHaveLength(2)
    over.abort()
    expect(provider.aborted).toContain('Twelve.')
  })

  test('that fails before its first sound: rejected; later: broken off, told, not kept', async () => {
    const speech = open()
    const works = provider.answer
    provider.answer = () => Buffer.from('Segmentation fault')
    await expect(speech.speak({ text: 'One. Two.' })).rejects.toMatchObject({
      code: 'speech_unavailable',
    })
    provider.answer = (text) => (text === 'Two.' ? Buffer.from('Segmentation fault') : works(text))
    const speaking = await speech.speak({ text: 'One. Two.' })
    expect(await speaking.ended).toMatchObject({ code: 'speech_unavailable' })
    expect(heardMs(speaking.player().sound)).toBeGreaterThan(30)
    await expect.poll(() => warnings).toEqual(['speech failed', 'speech failed'])
    provider.answer = works
    expect((await speech.speak({ text: 'One. Two.' })).player().sound.kind).toBe('growing')
  })

  test('is heard though it can not be kept', async () => {
    await writeFile(join(dataDir, 'speech-cache'), 'a file where the folder should be')
    const speaking = await open().speak({ text: 'hello' })
    expect(await speaking.ended).toBeUndefined()
    expect(heardMs(speaking.player().sound)).toBeGreaterThanOrEqual(50)
  })
})

describe('marks and files', () => {
  test('marks have their times', async () => {
    const text = '<mark name="a"/>12345<break time="1s"/><mark name="b"/>1234567890<mark name="c"/>'
    const speaking = await open().speak(ssml(text))
    await speaking.ended
    expect(speaking.hasMarks).toBe(true)
    const [a, b, c] = speaking.marks
    expect([a?.name, b?.name, c?.name]).toEqual(['a', 'b', 'c'])
    expect(a?.atMs).toBe(0)
    expect(b?.atMs).toBeGreaterThan(1040)
    expect(b?.atMs).toBeLessThan(1070)
    expect(Number(c?.atMs) - Number(b?.atMs)).toBeGreaterThan(90)
    expect(Number(c?.atMs) - Number(b?.atMs)).toBeLessThan(120)
  })

  test('the words around them come from the cache the second time, and the marks again', async () => {
    const speech = open()
    const request = ssml('One<mark name="a"/> two')
    await (await speech.speak(request)).ended
    const again = await speech.speak(request)
    await again.ended
    expect(again.marks).toMatchObject([{ name: 'a' }])
    expect(provider.spoken).toEqual(['One', 'two'])
  })

  test('a file is heard between the words', async () => {
    const path = join(dataDir, 'bell.wav')
    const pcm = new Int16Array(8000).fill(5000)
    const header = wavHeader({ rateHz: 8000, channels: 1, format: 'pcm16', dataBytes: 16_000 })
    await writeFile(path, Buffer.concat([header, new Uint8Array(pcm.buffer)]))
    files['https://x.example/bell.wav'] = path
    const request = ssml('a <audio src="https://x.example/bell.wav">instead</audio> b')
    const { path: made, durationMs } = await open().synthesise(request)
    expect(provider.spoken).toEqual(['a', 'b'])
    expect(durationMs).toBeGreaterThan(1000)
    const samples = readWav(await readFile(made)).samples[0] ?? new Int16Array()
    expect(samples.filter((sample) => sample === 5000).length).toBeGreaterThan(7990)
  })

  test('its text is said where it is not to be had, which is told', async () => {
    const speaking = await open().speak(
      ssml('a <audio src="http://10.0.0.1/x.wav">no <mark name="m"/> bell</audio> b'),
    )
    await speaking.ended
    expect(provider.spoken).toEqual(['a', 'no', 'bell', 'b'])
    expect(speaking.marks).toMatchObject([{ name: 'm' }])
    expect(speaking.warnings).toEqual(['audio: its text is said instead (url_unreachable)'])
  })

  test('a document that is a file alone, and that is not there', async () => {
    const speaking = open().speak(ssml('<audio src="https://x.example/none.wav"/>'))
    await expect(speaking).rejects.toMatchObject({ code: 'speech_unavailable' })
    expect((await readdir(dataDir)).includes('speech-cache')).toBe(false)
  })
})

describe('what the voice does not do itself', () => {
  const lengthOf = async (text: string) => (await open().synthesise(ssml(text))).durationMs

  test('rate: by stretching time, at its own pitch', async () => {
    const words = 'a'.repeat(100)
    for (const rate of [0.5, 0.8, 1.25, 2, 3]) {
      const durationMs = await lengthOf(`<prosody rate="${rate}">${words}</prosody>`)
      expect(Math.abs(durationMs - 1000 / rate), String(rate)).toBeLessThan(3)
    }
  })

  test('pitch: the same length', async () => {
    for (const pitch of ['-12st', '-4st', '+4st', '+12st']) {
      const durationMs = await lengthOf(`<prosody pitch="${pitch}">${'a'.repeat(100)}</prosody>`)
      expect(Math.abs(durationMs - 1000), pitch).toBeLessThan(15)
    }
  })

  test('volume, pauses, spelling', async () => {
    const speech = open()
    const peak = async (text: string) => {
      const { path } = await speech.synthesise(ssml(text))
      return Math.max(...(readWav(await readFile(path)).samples[0] ?? []))
    }
    const normal = await peak('aaaaa')
    expect((await peak('<prosody volume="-6dB">aaaaa</prosody>')) / normal).toBeCloseTo(0.5, 1)
    expect((await peak('<prosody volume="+6dB">aaaaa</prosody>')) / normal).toBeCloseTo(2, 1)
    await speech.synthesise(ssml('<say-as interpret-as="characters">ABC</say-as>'))
    expect(provider.spoken.at(-1)).toBe('A B C')
    const { durationMs } = await speech.synthesise(ssml('aaaaa<break time="2s"/>bbbbb'))
    expect(Math.abs(durationMs - 2100)).toBeLessThan(30)
  })
})
