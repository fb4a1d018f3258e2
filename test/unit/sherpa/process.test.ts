import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  findListeningModel,
  findSpeechModels,
  SherpaProcess,
} from '../../../engine/sherpa/index.ts'
import type { Job, Model, Yield } from '../../../engine/sherpa/jobs.ts'
import { LoadedModels } from '../../../engine/sherpa/loaded-models.ts'
import { pitchesOf } from '../../support/onnx/pitch.ts'
import { WORDS, writeToneCtc } from '../../support/onnx/tone-ctc.ts'
import { TONE_MS, TONE_RATE_HZ, toneHz, writeToneSpeech } from '../../support/onnx/tone-speech.ts'

const TONE_SAMPLES = (TONE_MS * TONE_RATE_HZ) / 1000
const never = new AbortController().signal
const options = {
  modelsKept: 1,
  timeLimitMs: 20_000,
  maxJobs: 8,
  idleMs: 60_000,
  niceness: 5,
  environment: {},
}

let folder: string
let process: SherpaProcess | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sherpa-'))
  await writeToneSpeech(join(folder, 'voices', 'one'))
  await writeToneSpeech(join(folder, 'voices', 'two'), { speakers: 2, language: 'German' })
  await writeToneSpeech(join(folder, 'voices', 'no-tokens'))
  await rm(join(folder, 'voices', 'no-tokens', 'tokens.txt'))
  await writeToneSpeech(join(folder, 'voices', 'rubbish'))
  await writeFile(join(folder, 'voices', 'rubbish', 'model.onnx'), 'no model at all')
  await writeToneCtc(join(folder, 'ctc'))
})
afterEach(async () => {
  await process?.close()
  process = undefined
})
afterAll(() => rm(folder, { recursive: true }))

const started = (more: Partial<typeof options> = {}) => {
  process = new SherpaProcess({ ...options, ...more })
  return process
}
const modelNamed = (name: string): Model => {
  const found = findSpeechModels(join(folder, 'voices'), 1).models.find(
    (model) => model.name === name,
  )
  if (!found) throw new Error(`there is no model ${name}`)
  return found.model
}
const speak = (name: string, text: string, speaker = 0, speed = 1): Job => ({
  ...{ do: 'speak', model: modelNamed(name), text, speaker, speed },
})
async function all(of: AsyncIterable<Yield>): Promise<Yield[]> {
  const made: Yield[] = []
  for await (const one of of) made.push(one)
  return made
}
const soundOf = (made: readonly Yield[]): Int16Array =>
  Int16Array.from(made.flatMap((one) => (one.is === 'sound' ? [...one.samples] : [])))

describe('models in folders', () => {
  test('are known by their files; of others it is said why not', () => {
    const { models, faults } = findSpeechModels(join(folder, 'voices'), 1)
    expect(models.map(({ name, rateHz, speakers }) => [name, rateHz, speakers])).toEqual([
      ['one', 16_000, [{ number: 0, name: '0', language: 'en' }]],
      ['two', 16_000, [0, 1].map((number) => ({ number, name: String(number), language: 'de' }))],
    ])
    expect(faults).toEqual([
      'no-tokens: there is no tokens.txt in it',
      'rubbish: model.onnx is no ONNX file, or cut off',
    ])
  })

  test('that are not there are a fault, not an error', () => {
    const { models, faults } = findSpeechModels(join(folder, 'nowhere'), 1)
    expect(models).toEqual([])
    expect(faults[0]).toMatch(/ENOENT/)
    expect(findListeningModel(join(folder, 'voices'), 1)).toBe('there is no .onnx file in it')
  })
})

describe('the process of sherpa-onnx', () => {
  test('speaks: the right tones in the right order, a sentence at a time', async () => {
    const made = await all(started().run(speak('two', 'Cab. Ace.', 1), never))
    expect(made.map((one) => one.is === 'sound' && one.samples.length / TONE_SAMPLES)).toEqual([
      4, 5,
    ])
    const heard = pitchesOf(soundOf(made), TONE_RATE_HZ, TONE_SAMPLES)
    const wanted = [...'cab. ace.'].map((sign) => (/[a-z]/.test(sign) ? toneHz(sign, 1) : 0))
    for (const [at, hz] of wanted.entries()) expect(heard[at]).toBeCloseTo(hz, -1)
  })

  test('speaks faster', async () => {
    const made = await all(started().run(speak('one', 'abc', 0, 2), never))
    expect(soundOf(made).length).toBe((3 * TONE_SAMPLES) / 2)
  })

  test('listens: words with their times', async () => {
    const model = findListeningModel(join(folder, 'ctc'), 1)
    if (typeof model === 'string') throw new Error(model)
    const rateHz = 8000
    const samples = new Int16Array(2 * rateHz)
    for (const [at, { hz }] of WORDS.entries()) {
      const from = (at * 600 + 100) * 8
      for (let i = 0; i < 300 * 8; i++) {
        samples[from + i] = 9000 * Math.sin((2 * Math.PI * hz * i) / rateHz)
      }
    }
    const [heard] = await all(started().run({ do: 'listen', model, samples, rateHz }, never))
    if (heard?.is !== 'heard') throw new Error('nothing was heard')
    expect(heard.text).toBe('low middle high')
    for (const [at, ms] of heard.atMs.entries())
      expect(Math.abs(ms - at * 600 - 100)).toBeLessThan(40)
  })

  test('that is killed in mid-sentence costs that sentence; what waited is said by the next', async () => {
    const sherpa = started()
    const long = sherpa.run(speak('one', 'abcdefghij. '.repeat(150)), never)
    await long.next()
    const waiting = all(sherpa.run(speak('one', 'bb'), never))
    const killed = sherpa.pid
    globalThis.process.kill(killed ?? 0, 'SIGKILL')
    await expect(all(long)).rejects.toThrow('sherpa-onnx ended with SIGKILL')
    expect(soundOf(await waiting).length).toBe(2 * TONE_SAMPLES)
    expect(sherpa.pid).not.toBe(killed)
  })

  test('stops when nobody wants it any more', async () => {
    const sherpa = started()
    const stop = new AbortController()
    const long = sherpa.run(speak('one', 'abcdefghij. '.repeat(150)), stop.signal)
    await long.next()
    stop.abort(new Error('hung up'))
    await expect(all(long)).rejects.toThrow('hung up')
    expect(soundOf(await all(sherpa.run(speak('one', 'bb'), never))).length).toBe(2 * TONE_SAMPLES)
  })

  test('that takes too long is ended', async () => {
    const sherpa = started({ timeLimitMs: 1 })
    await expect(all(sherpa.run(speak('one', 'aa'), never))).rejects.toThrow('longer than 1 ms')
  })

  test('tells what is wrong with a model that is rubbish, and goes on with others', async () => {
    const sherpa = started()
    const bad = { ...modelNamed('one'), key: 'bad' }
    const config = JSON.parse(JSON.stringify(bad.config).replaceAll('voices/one', 'voices/rubbish'))
    const order = { ...speak('one', 'aa'), model: { key: 'bad', config } } as Job
    await expect(all(sherpa.run(order, never))).rejects.toThrow(/sherpa-onnx: .*rubbish/)
    expect(soundOf(await all(sherpa.run(speak('one', 'bb'), never))).length).toBe(2 * TONE_SAMPLES)
  })

  test('whose package ends the process (a file that is missing) is started again', async () => {
    const sherpa = started()
    const config = JSON.parse(JSON.stringify(modelNamed('one').config).replaceAll('tokens', 'none'))
    const order = { ...speak('one', 'aa'), model: { key: 'bad', config } } as Job
    await expect(all(sherpa.run(order, never))).rejects.toThrow('sherpa-onnx')
    expect(soundOf(await all(sherpa.run(speak('one', 'bb'), never))).length).toBe(2 * TONE_SAMPLES)
  })

  test('takes so many jobs and no more', async () => {
    const sherpa = started({ maxJobs: 1 })
    const first = all(sherpa.run(speak('one', 'aa'), never))
    await expect(all(sherpa.run(speak('one', 'aa'), never))).rejects.toThrow('too much is waiting')
    await first
  })
})

test('of models that were loaded the one not used for longest goes', async () => {
  let freed = 0
  const loaded = new LoadedModels<string>(2, () => (freed += 1))
  const loads: string[] = []
  const take = (key: string) =>
    loaded.take(key, async () => {
      loads.push(key)
      return key
    })
  for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await take(key)
  expect(loads).toEqual(['a', 'b', 'c', 'b'])
  expect([loaded.size, freed]).toEqual([2, 2])
})
