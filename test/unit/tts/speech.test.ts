import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { FailureCode } from '../../../engine/core/failures.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { readWav } from '../../../engine/dsp/wav.ts'
import { loadWav } from '../../../engine/media/leg/load-wav.ts'
import { createSpeech, MAX_TEXT_CHARACTERS } from '../../../tts/index.ts'
import { FakeProvider, toneWav } from './fake-provider.ts'

let dataDir = ''
let provider = new FakeProvider()
let warnings: string[] = []

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'speech-'))
  provider = new FakeProvider()
  warnings = []
})
afterEach(() => rm(dataDir, { recursive: true }))

const open = (more: { maxCacheBytes?: number } = {}) =>
  createSpeech({
    dataDir,
    providers: [provider],
    log: { warn: (text) => warnings.push(text) },
    ...more,
  })

const failure = (code: FailureCode, field?: string) => expect.objectContaining({ code, field })

describe('an utterance', () => {
  test('is 16 kHz, and the same at 8 kHz, mono, 16 bit, of the right length and sound', async () => {
    const { path, durationMs, cached } = await open().synthesise({ text: 'hello world' })
    expect({ durationMs, cached }).toEqual({ durationMs: 110, cached: false })
    const wav = readWav(await readFile(path))
    expect(wav).toMatchObject({ rateHz: 16_000, channels: 1 })
    expect(wav.samples[0]).toHaveLength(1760)
    expect(toneDbfs(wav.samples[0]!, 500, 16_000, 160, 1280)).toBeCloseTo(-12.2, 1)
    const { rateHz, pcm } = await loadWav(path, 8000)
    expect([rateHz, pcm.length]).toEqual([8000, 880])
    expect(toneDbfs(pcm, 500, 8000, 80, 640)).toBeCloseTo(-12.2, 1)
  })

  test('is made once and then comes from the cache, also after a restart', async () => {
    const speech = open()
    const first = await speech.synthesise({ text: 'again' })
    const second = await speech.synthesise({ text: ' again\n' })
    const third = await open().synthesise({ text: 'again' })
    expect(second).toEqual({ ...first, cached: true })
    expect(third).toEqual(second)
    expect(provider.spoken).toEqual(['again'])
  })

  test('differs by text, voice, provider version', async () => {
    const speech = open()
    const paths = [
      await speech.synthesise({ text: 'one' }),
      await speech.synthesise({ text: 'two' }),
      await speech.synthesise({ text: 'one', voice: 'other' }),
    ]
    provider.version = '2'
    paths.push(await speech.synthesise({ text: 'one' }))
    expect(new Set(paths.map((p) => p.path)).size).toBe(4)
  })
})

describe('bad requests', () => {
  const texts = [
    { name: 'empty', text: '' },
    { name: 'white space', text: ' \t\r\n ' },
    { name: 'NUL', text: 'a\0b' },
    { name: 'escape sequence', text: 'a\u001b[31mb' },
    { name: 'delete', text: 'a\u007f' },
    { name: 'C1 control', text: 'a\u0085b' },
    { name: 'half a surrogate pair', text: 'a\ud83d' },
    { name: 'one character too many', text: 'x'.repeat(MAX_TEXT_CHARACTERS + 1) },
    { name: '100 KB', text: 'x '.repeat(51_200) },
  ]
  test.each(texts)('$name', async ({ text }) => {
    await expect(open().synthesise({ text })).rejects.toEqual(failure('invalid_request', 'text'))
    expect(provider.spoken).toEqual([])
  })

  test('the longest text there may be', async () => {
    const text = 'x'.repeat(MAX_TEXT_CHARACTERS)
    expect(await open().synthesise({ text })).toMatchObject({ durationMs: 50_000 })
  })

  test('unknown voice', async () => {
    const request = { text: 'hello', voice: 'nobody' }
    await expect(open().synthesise(request)).rejects.toEqual(failure('invalid_request', 'voice'))
  })
})

describe('markup', () => {
  const ssml = (text: string, voice?: string) => ({
    ...{ text, markup: 'ssml' as const },
    ...(voice !== undefined && { voice }),
  })

  test('is read for the provider, with silence around it', async () => {
    const request = ssml('<speak><break time="2s"/>hello<break time="1s"/></speak>')
    expect(await open().synthesise(request)).toMatchObject({ durationMs: 3050 })
    expect(provider.spoken).toEqual(['hello'])
    const { path } = await open().synthesise(request)
    const pcm = readWav(await readFile(path)).samples[0]!
    expect([pcm.findIndex(Boolean) / 16, pcm.findLastIndex(Boolean) / 16]).toEqual([
      expect.closeTo(2000, -1),
      expect.closeTo(2050, -1),
    ])
  })

  test('is no text, in the cache either; without tags it is the same sound', async () => {
    const speech = open()
    const requests = [
      { text: 'hello' },
      ssml('hello'),
      ssml('hello<break time="1s"/>'),
      ssml('<break time="1s"/>hello'),
      { text: '<p>hello</p>' },
    ]
    const paths = []
    for (const request of requests) paths.push((await speech.synthesise(request)).path)
    expect(new Set(paths).size).toBe(4)
    expect(provider.spoken.at(-1)).toBe('<p>hello</p>')
  })

  test('that comes to the same is made once', async () => {
    const speech = open()
    const first = await speech.synthesise(ssml('<speak>a  <w>b</w></speak>'))
    expect(await speech.synthesise(ssml('a b'))).toEqual({ ...first, cached: true })
  })

  test('that is not followed in all is logged, once', async () => {
    const speech = open()
    await speech.synthesise(ssml('<blink>a</blink>'))
    await speech.synthesise(ssml('<blink>a</blink>'))
    expect(warnings).toEqual(['markup was not followed in all'])
  })

  test.each([
    { request: ssml('<speak>a'), field: 'text' },
    { request: ssml('<speak/>'), field: 'text' },
    { request: ssml('<!DOCTYPE speak><speak>a</speak>'), field: 'text' },
    { request: ssml(`<speak>${'a'.repeat(MAX_TEXT_CHARACTERS + 1)}</speak>`), field: 'text' },
    { request: ssml('<speak>a</speak>', 'nobody'), field: 'voice' },
    { request: { text: '' }, field: 'text' },
    { request: { text: 'a', voice: 'nobody' }, field: 'voice' },
  ])('$request.text: refused by check as by synthesise', async ({ request, field }) => {
    const speech = open()
    expect(() => speech.check(request)).toThrow(failure('invalid_request', field))
    await expect(speech.synthesise(request)).rejects.toEqual(failure('invalid_request', field))
    expect(provider.spoken).toEqual([])
  })

  test('that is good passes the check without a sound', () => {
    expect(() => open().check(ssml('<speak>a</speak>', 'other'))).not.toThrow()
    expect(provider.spoken).toEqual([])
  })
})

describe('a provider in trouble', () => {
  test('missing: says so, and fails clearly', async () => {
    provider.missing = 'The program is not installed'
    const speech = open()
    expect(speech.unavailableBecause()).toBe('The program is not installed')
    await expect(speech.synthesise({ text: 'hello' })).rejects.toMatchObject({
      code: 'speech_unavailable',
      message: 'The program is not installed',
    })
  })

  test.each([
    { name: 'no audio at all', bytes: new Uint8Array(0) },
    { name: 'something else', bytes: Buffer.from('Segmentation fault, core dumped') },
    { name: 'a header only', bytes: toneWav(1).subarray(0, 44) },
  ])('$name: speech_unavailable, nothing cached, next time it works', async ({ bytes }) => {
    const speech = open()
    const works = provider.answer
    provider.answer = () => bytes
    await expect(speech.synthesise({ text: 'hello' })).rejects.toEqual(
      failure('speech_unavailable'),
    )
    expect(warnings).toHaveLength(1)
    provider.answer = works
    expect(await speech.synthesise({ text: 'hello' })).toMatchObject({ cached: false })
  })

  test('a cache that can not be written', async () => {
    await writeFile(join(dataDir, 'speech-cache'), 'a file where the folder should be')
    const result = open().synthesise({ text: 'hello' })
    await expect(result).rejects.toEqual(failure('speech_unavailable'))
  })
})

describe('at the same time', () => {
  test('the same request is made once', async () => {
    provider.hold = true
    const speech = open()
    const all = [1, 2, 3].map(() => speech.synthesise({ text: 'same' }))
    await expect.poll(() => provider.spoken.length).toBe(1)
    provider.release()
    const results = await Promise.all(all)
    expect(new Set(results.map((r) => r.path)).size).toBe(1)
    expect(provider.spoken).toEqual(['same'])
  })

  test('one who goes away does not take it from the others', async () => {
    provider.hold = true
    const speech = open()
    const gone = new AbortController()
    const first = speech.synthesise({ text: 'same' }, gone.signal)
    const second = speech.synthesise({ text: 'same' })
    await expect.poll(() => provider.spoken.length).toBe(1)
    gone.abort(new Error('hung up'))
    await expect(first).rejects.toThrow('hung up')
    expect(provider.aborted).toEqual([])
    provider.release()
    expect(await second).toMatchObject({ durationMs: 40 })
  })

  test('when all have gone the provider is stopped, and the next one begins anew', async () => {
    provider.hold = true
    const speech = open()
    const gone = new AbortController()
    const first = speech.synthesise({ text: 'same' }, gone.signal)
    await expect.poll(() => provider.spoken.length).toBe(1)
    gone.abort()
    await expect(first).rejects.toThrow()
    expect(provider.aborted).toEqual(['same'])
    provider.hold = false
    expect(await speech.synthesise({ text: 'same' })).toMatchObject({ cached: false })
    expect(warnings).toEqual([])
  })

  test('who has gone before it began is not served', async () => {
    const result = open().synthesise({ text: 'same' }, AbortSignal.abort(new Error('too late')))
    await expect(result).rejects.toThrow('too late')
    expect(provider.spoken).toEqual([])
  })

  test('four at once, the others in turn, too many refused', async () => {
    provider.hold = true
    const speech = open()
    let refused = 0
    const all = Array.from({ length: 300 }, (_, i) =>
      speech.synthesise({ text: `text ${i}` }).then(
        () => 'made',
        (error: { code: string }) => {
          refused += 1
          return error.code
        },
      ),
    )
    await expect.poll(() => refused).toBe(40)
    expect(provider.spoken).toHaveLength(4)
    provider.hold = false
    provider.release()
    const results = await Promise.all(all)
    expect(results.filter((r) => r === 'made')).toHaveLength(4 + 256)
    expect(results.filter((r) => r === 'speech_unavailable')).toHaveLength(40)
  })
})

describe('the cache', () => {
  const damages: readonly { name: string; damage: (path: string) => Promise<void> }[] = [
    { name: 'cut off', damage: (path) => truncate(path, 100) },
    { name: 'emptied', damage: (path) => truncate(path, 0) },
    { name: 'overwritten', damage: (path) => writeFile(path, 'garbage '.repeat(50)) },
    { name: 'removed', damage: (path) => rm(path) },
  ]
  test.each(damages)('an entry that was $name is made again', async ({ damage }) => {
    const speech = open()
    const { path } = await speech.synthesise({ text: 'hello' })
    const whole = await readFile(path)
    await damage(path)
    expect(await speech.synthesise({ text: 'hello' })).toMatchObject({ path, cached: false })
    expect(await readFile(path)).toEqual(whole)
  })

  test('unfinished files of a crash are removed, foreign files left alone', async () => {
    const speech = open()
    const { path } = await speech.synthesise({ text: 'hello' })
    await writeFile(`${path}.123.part`, 'half')
    await writeFile(join(dataDir, 'speech-cache', 'README'), 'mine')
    await open().synthesise({ text: 'other' })
    const names = await readdir(join(dataDir, 'speech-cache'))
    expect(names.filter((name) => name.endsWith('.part'))).toEqual([])
    expect(names).toContain('README')
    expect((await stat(path)).isFile()).toBe(true)
  })
})
