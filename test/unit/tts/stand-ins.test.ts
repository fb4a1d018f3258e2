import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { createSpeech, type PcmChunk, type Segment } from '../../../tts/index.ts'
import type { Part } from '../../../tts/ssml/script.ts'

let dataDir = ''
let nowMs = 0
let warnings: unknown[] = []
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'stand-ins-'))
  nowMs = 0
  warnings = []
})
afterEach(() => rm(dataDir, { recursive: true, maxRetries: 10, retryDelay: 20 }))

type Way = 'speaks' | 'refuses' | 'crashes' | 'hangs' | 'gives nothing' | 'breaks off' | 'is slow'
const chunk: PcmChunk = { rateHz: 16_000, samples: new Int16Array(3200).fill(1000) }

/** One of whom the test says how he fails. */
class Speaker {
  readonly version = '1'
  readonly renders = new Set([])
  readonly streams = true
  readonly asked: string[] = []
  readonly name: string
  readonly #languages: readonly string[]
  way: Way = 'speaks'

  constructor(name: string, ...languages: readonly string[]) {
    this.name = name
    this.#languages = languages
  }

  unavailableBecause(): undefined {}

  voices() {
    return this.#languages.map((language) => ({
      ...{ id: `${this.name}:${language}`, name: language, language },
      ...{ provider: this.name, rateHz: 16_000 },
    }))
  }

  async *speak({ text }: Segment, signal: AbortSignal): AsyncGenerator<PcmChunk> {
    this.asked.push(text)
    switch (this.way) {
      case 'refuses':
        throw new Failure('speech_unavailable', 'answered with status 400')
      case 'crashes':
        throw new TypeError('a fault of its own')
      case 'gives nothing':
        return
      case 'hangs':
        nowMs += 6000
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        })
        return
      case 'is slow':
        nowMs += 2000
        throw new Failure('speech_unavailable', 'at last')
      default:
        yield chunk
        if (this.way === 'breaks off') throw new Failure('speech_unavailable', 'broke off')
    }
  }
}

/** One that takes scripts too. */
class Reader extends Speaker {
  async *speakScript(parts: readonly Part[], voice: string, signal: AbortSignal) {
    const text = parts.map((part) => (part.is === 'run' ? part.text.trim() : '|')).join(' ')
    const plain = { rate: 1, octaves: 0, gain: 1, spelled: false }
    yield* this.speak({ text, voice, ...plain }, signal)
  }
}

const open = (...providers: readonly Speaker[]) =>
  createSpeech({
    ...{ dataDir, providers },
    log: { warn: (text, fields) => warnings.push([text, fields]) },
    standIns: { firstSoundMs: 20, nowMs: () => nowMs },
  })
const [en, both, de] = [
  () => new Speaker('one', 'en-US'),
  () => new Speaker('two', 'de', 'en-GB'),
  () => new Speaker('three', 'de'),
]

async function spoken(speech: ReturnType<typeof open>, text: string, voice?: string) {
  const speaking = await speech.speak({ text, ...(voice !== undefined && { voice }) })
  const failure = await speaking.ended
  return { warnings: speaking.warnings, failure, isCached: speaking.player().sound.kind === 'wav' }
}

describe('a voice that gives no sound', () => {
  test.each([
    ['refuses', 'answered with status 400'],
    ['crashes', 'a fault of its own'],
    ['gives nothing', 'the voice gave no audio'],
    ['hangs', 'one:en-US gave no sound within 70 ms'],
  ] as const)('as it %s: the next one of its language speaks, which is told', async (way, why) => {
    const [first, second, third] = [en(), both(), de()]
    first.way = way
    const told = await spoken(open(first, third, second), 'Hello', 'one:en-US')
    expect([first.asked, second.asked, third.asked]).toEqual([['Hello'], ['Hello'], []])
    expect(told).toMatchObject({ failure: undefined })
    expect(told.warnings).toEqual([`one:en-US: another voice speaks instead (${why})`])
    expect(warnings).toEqual([['another voice speaks instead', { voice: 'one:en-US', error: why }]])
  })

  test('what another one said is not kept: the next time it is asked again', async () => {
    const [first, second] = [en(), both()]
    first.way = 'refuses'
    const speech = open(first, second)
    await spoken(speech, 'Hello')
    await speech.synthesise({ text: 'Hello' })
    first.way = 'speaks'
    expect(await spoken(speech, 'Hello')).toMatchObject({ isCached: false, warnings: [] })
    await expect.poll(async () => (await speech.synthesise({ text: 'Hello' })).cached).toBe(true)
  })

  test('the rest of the text is said by the same, who is asked once for all', async () => {
    const [first, second] = [new Reader('one', 'en-US'), both()]
    first.way = 'crashes'
    const text = '<speak><s>One.</s><s>Two.</s><audio src="http://no/">Three.</audio> Four.</speak>'
    const speaking = await open(first, second).speak({ text, markup: 'ssml' })
    expect(await speaking.ended).toBeUndefined()
    expect(first.asked).toEqual(['One. | Two.'])
    expect(second.asked).toEqual(['One.', 'Two.', 'Three.', 'Four.'])
  })

  test('when nobody else speaks its language, it is as it was: speech can not be made', async () => {
    const [first, third] = [en(), de()]
    first.way = 'crashes'
    await expect(open(first, third).speak({ text: 'Hello' })).rejects.toThrow('a fault of its own')
    expect(third.asked).toEqual([])
  })

  test('they are asked in their order, from the one after it on, until one speaks', async () => {
    const [first, second, third] = [de(), both(), new Speaker('last', 'de')]
    for (const each of [second, third]) each.way = 'refuses'
    const told = await spoken(open(first, second, third), 'Hallo', 'two:de')
    expect(told.warnings.map((text) => text.split(':')[0])).toEqual(['two', 'last'])
    expect([second, third, first].map(({ asked }) => asked.length)).toEqual([1, 1, 1])
  })
})

test.each(['hangs', 'is slow'] as const)('who %s is not asked for half a minute', async (way) => {
  const [first, second] = [en(), both()]
  first.way = way
  const speech = open(first, second)
  await spoken(speech, 'One')
  const told = await spoken(speech, 'Two')
  expect(told.warnings).toEqual([
    'one:en-US: another voice speaks instead (it gave no sound a moment ago)',
  ])
  expect(first.asked).toEqual(['One'])
  nowMs += 31_000
  first.way = 'speaks'
  expect(await spoken(speech, 'Three')).toMatchObject({ warnings: [] })
  expect(first.asked).toEqual(['One', 'Three'])
})

test('after its first sound it is broken off, and nobody goes on in another voice', async () => {
  const [first, second] = [en(), both()]
  first.way = 'breaks off'
  const told = await spoken(open(first, second), 'One. Two.')
  expect(told).toMatchObject({ failure: { code: 'speech_unavailable' }, warnings: [] })
  expect(second.asked).toEqual([])
})
