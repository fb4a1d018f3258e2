import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { Festival } from '../../../tts/festival.ts'
import { Flite } from '../../../tts/flite.ts'
import { HttpSpeech, type HttpSpeechOptions } from '../../../tts/http.ts'
import { inBytes, inLetters } from '../../../tts/letters.ts'
import type { PcmStream, Segment } from '../../../tts/provider.ts'
import { Sherpa } from '../../../tts/sherpa.ts'
import { pitchesOf } from '../../support/onnx/pitch.ts'
import { TONE_MS, TONE_RATE_HZ, toneHz, writeToneSpeech } from '../../support/onnx/tone-speech.ts'

const never = new AbortController().signal
const segment = (text: string, voice: string, rate = 1): Segment => ({
  ...{ text, voice, rate, octaves: 0, gain: 1, spelled: false },
})

async function heard(
  stream: PcmStream,
): Promise<{ samples: Int16Array; rateHz: number; chunks: number }> {
  const all: number[] = []
  let rateHz = 0
  let chunks = 0
  for await (const chunk of stream) {
    all.push(...chunk.samples)
    rateHz = chunk.rateHz
    chunks += 1
  }
  return { samples: Int16Array.from(all), rateHz, chunks }
}
const loudest = (samples: Int16Array) => samples.reduce((most, value) => Math.max(most, value), 0)

describe('flite', () => {
  const flite = new Flite()

  test('is installed, with its voices', () => {
    expect(flite.unavailableBecause()).toBeUndefined()
    expect(flite.voices().map(({ id, language, gender }) => [id, language, gender])).toEqual([
      ['flite:slt', 'en-US', 'female'],
      ['flite:rms', 'en-US', 'male'],
      ['flite:awb', 'en-GB', 'male'],
      ['flite:kal16', 'en-US', 'male'],
    ])
  })

  test.each(['slt', 'rms', 'awb', 'kal16'])('speaks as %s', async (voice) => {
    const { samples, rateHz } = await heard(flite.speak(segment('Hello there.', voice), never))
    expect(rateHz).toBe(16_000)
    expect(samples.length / rateHz).toBeGreaterThan(0.5)
    expect(loudest(samples)).toBeGreaterThan(3000)
  })

  test('speaks faster; text that looks like an option or markup is text', async () => {
    const text = 'One two three four five six.'
    const slow = await heard(flite.speak(segment(text, 'slt'), never))
    const fast = await heard(flite.speak(segment(text, 'slt', 2), never))
    expect(slow.samples.length / fast.samples.length).toBeCloseTo(2, 0)
    const odd = await heard(flite.speak(segment('-lv <break time="9s"/> $(reboot)', 'slt'), never))
    expect(odd.samples.length / odd.rateHz).toBeLessThan(6)
  })

  test('says why it can not: no such letters, no program', async () => {
    await expect(heard(flite.speak(segment('привет', 'slt'), never))).rejects.toMatchObject({
      code: 'speech_unavailable',
    })
    const missing = new Flite({ program: 'no-such-flite' })
    expect(missing.unavailableBecause()).toMatch('apt-get install flite')
    expect(missing.voices()).toEqual([])
    await expect(heard(missing.speak(segment('a', 'slt'), never))).rejects.toThrow('not installed')
  })

  test('stops with the call', async () => {
    const stop = new AbortController()
    const speaking = heard(flite.speak(segment('word '.repeat(3000), 'slt'), stop.signal))
    setTimeout(() => stop.abort(new Error('hung up')), 100)
    await expect(speaking).rejects.toThrow('hung up')
  })
})

describe('festival', () => {
  const festival = new Festival()

  test('is installed, with a voice that speaks', async () => {
    expect(festival.unavailableBecause()).toBeUndefined()
    expect(festival.voices()).toContainEqual({
      id: 'festival:kal_diphone',
      name: 'kal_diphone',
      language: 'en-US',
      gender: 'male',
      provider: 'festival',
      rateHz: 16_000,
    })
    const text = 'Hello (quit) there, Köln.'
    const { samples, rateHz } = await heard(festival.speak(segment(text, 'kal_diphone'), never))
    expect(samples.length / rateHz).toBeGreaterThan(1)
    expect(loudest(samples)).toBeGreaterThan(3000)
  })

  test('says why it can not: no voices, no program', async () => {
    const bare = new Festival({ voicesFolder: '/nowhere' })
    expect(bare.unavailableBecause()).toMatch('no voices of festival')
    const missing = new Festival({ programs: { festival: 'no-such', text2wave: 'no-such' } })
    expect(missing.unavailableBecause()).toMatch('apt-get install festival')
    await expect(heard(missing.speak(segment('a', 'kal_diphone'), never))).rejects.toThrow()
  })
})

test('letters that a program does not know', () => {
  expect(inLetters('Grüße – “ça va”… 5 €', 'it')).toBe('Grusse ,  "ca va". 5  euro ')
  expect([...inBytes('šo ß', 'iso-8859-2', 'it')]).toEqual([0xb9, 0x6f, 0x20, 0xdf])
  expect(() => inLetters('你好。', 'it')).toThrow('no such letters')
})

describe('sherpa', () => {
  let folder: string
  let sherpa: Sherpa
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sherpa-'))
    await writeToneSpeech(join(folder, 'vits-piper-en_GB-tone-low'))
    await writeToneSpeech(join(folder, 'pair'), { speakers: 2, language: 'German' })
    await writeToneSpeech(join(folder, 'rubbish'))
    await writeFile(join(folder, 'rubbish', 'model.onnx'), new Uint8Array(5000).fill(200))
    sherpa = new Sherpa({ folder, environment: {} })
  })
  afterAll(async () => {
    await sherpa.close()
    await rm(folder, { recursive: true })
  })

  test('has a voice for each speaker of each model; of what is none it says why', () => {
    expect(sherpa.voices().map(({ id, language }) => [id, language])).toEqual([
      ['sherpa:pair.0', 'de'],
      ['sherpa:pair.1', 'de'],
      ['sherpa:vits-piper-en_GB-tone-low', 'en-GB'],
    ])
    expect(sherpa.faults).toEqual(['rubbish: model.onnx is no ONNX file, or cut off'])
  })

  test('speaks with the chosen one, a sentence at a time', async () => {
    const { samples, rateHz, chunks } = await heard(
      sherpa.speak(segment('cab. ace.', 'pair.1'), never),
    )
    expect([rateHz, chunks]).toEqual([TONE_RATE_HZ, 2])
    const tones = pitchesOf(samples, rateHz, (TONE_MS * rateHz) / 1000)
    for (const [at, sign] of [...'cab. ace.'].entries()) {
      expect(tones[at]).toBeCloseTo(/[a-z]/.test(sign) ? toneHz(sign, 1) : 0, -1)
    }
  })

  test('without a model it says why', async () => {
    const empty = new Sherpa({ folder: join(folder, 'nowhere'), environment: {} })
    expect(empty.unavailableBecause()).toMatch(/no model that can speak in .*nowhere: ENOENT/)
    await expect(heard(empty.speak(segment('a', 'b'), never))).rejects.toThrow('no model')
  })
})

describe('a speech server', () => {
  let server: Server | undefined
  afterEach(() => {
    server?.closeAllConnections()
    server?.close()
  })
  const voices = [{ name: 'ann', language: 'en-GB' }]

  async function speech(
    answer: RequestListener,
    more: Partial<HttpSpeechOptions> = {},
    path = '/',
  ) {
    server = createServer(answer)
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
    return new HttpSpeech({ url, voices, timeLimitMs: 2000, ...more })
  }
  const wav = (dataBytes: number) =>
    Buffer.concat([
      wavHeader({ rateHz: 24_000, channels: 1, format: 'pcm16', dataBytes }),
      Buffer.alloc(dataBytes, 1),
    ])
  const failing = (provider: HttpSpeech) =>
    expect(heard(provider.speak(segment('Hello', 'ann'), never))).rejects

  test('is posted to, with the key', async () => {
    const asked: unknown[] = []
    const provider = await speech(
      async (request, reply) => {
        const body = Buffer.concat(await request.toArray()).toString()
        asked.push(request.method, request.headers.authorization, JSON.parse(body))
        reply.end(wav(4800))
      },
      { key: 'secret' },
    )
    const { samples, rateHz } = await heard(provider.speak(segment('Hello', 'ann', 1.5), never))
    expect([samples.length, rateHz]).toEqual([2400, 24_000])
    expect(asked).toEqual(['POST', 'Bearer secret', { text: 'Hello', voice: 'ann', rate: 1.5 }])
  })

  test('is asked by GET when the address has a place for the text', async () => {
    const asked: unknown[] = []
    const provider = await speech(
      (request, reply) => {
        asked.push(request.method, request.url)
        reply.end(wav(100))
      },
      {},
      '/say?t={text}&v={voice}&r={rate}',
    )
    await heard(provider.speak(segment('a & {voice}', 'ann'), never))
    expect(asked).toEqual(['GET', '/say?t=a%20%26%20%7Bvoice%7D&v=ann&r=1'])
  })

  test('is heard before it has sent all', async () => {
    let finish = () => {}
    const provider = await speech((_, reply) => {
      const all = wav(9600)
      reply.write(all.subarray(0, 4844))
      finish = () => reply.end(all.subarray(4844))
    })
    let samples = 0
    for await (const chunk of provider.speak(segment('Hello', 'ann'), never)) {
      if (samples === 0) finish()
      samples += chunk.samples.length
    }
    expect(samples).toBe(4800)
  })

  test('that answers with a fault, rubbish or nothing', async () => {
    await failing(await speech((_, reply) => void reply.writeHead(500).end('x'))).toThrow(
      'status 500',
    )
    await failing(await speech((_, reply) => void reply.end('<html>'))).toThrow('gave no WAV')
    await failing(await speech((_, reply) => void reply.end())).toThrow('gave no audio')
    await failing(await speech((_, reply) => void reply.destroy())).toThrow('broke off')
    const away = (_: unknown, reply: Parameters<RequestListener>[1]) =>
      void reply.writeHead(302, { location: 'http://127.0.0.1:9/' }).end()
    await failing(await speech(away)).toThrow('can not be reached')
  })

  test('that hangs, before its answer or within', async () => {
    await failing(await speech(() => {}, { timeLimitMs: 100 })).toThrow('took too long')
    const within = await speech((_, reply) => void reply.write(wav(100)), { timeLimitMs: 100 })
    await failing(within).toThrow('took too long')
    const silent = { firstSoundLimitMs: 50 }
    await failing(await speech(() => {}, silent)).toThrow('gave no sound within 100 ms')
    const header = await speech((_, reply) => void reply.write(wav(100).subarray(0, 44)), silent)
    await failing(header).toThrow('gave no sound within 100 ms')
  })

  test('that sends for ever', async () => {
    const provider = await speech(
      (_, reply) => {
        reply.write(
          wavHeader({ rateHz: 8000, channels: 1, format: 'pcm16', dataBytes: 2 ** 31 - 1 }),
        )
        const more = () => {
          while (!reply.destroyed && reply.write(Buffer.alloc(65_536)));
        }
        reply.on('drain', more)
        more()
      },
      { maxBytes: 1_000_000 },
    )
    await failing(provider).toThrow('sent too much')
  })

  test('is left at once when the call ends', async () => {
    const stop = new AbortController()
    const provider = await speech((_, reply) => void reply.write(wav(100)))
    const speaking = heard(provider.speak(segment('Hello', 'ann'), stop.signal))
    setTimeout(() => stop.abort(new Error('hung up')), 50)
    await expect(speaking).rejects.toThrow('hung up')
  })
})
