/** What is spoken and played to wideband phones sounds wide, and to others as it always did: by spectrum. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Sound } from '../../../engine/core/ports/media.ts'
import { audioCodecs } from '../../../engine/core/ports/media.ts'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import type { CodecName } from '../../../engine/media/agreement.ts'
import { loadWav } from '../../../engine/media/leg/load-wav.ts'
import { prepareSound } from '../../../engine/media/leg/sounds.ts'
import { convertNow } from '../../../engine/web/convert.ts'
import { createSpeech, EspeakNg, type SpeechProvider } from '../../../tts/index.ts'
import { FakeProvider } from '../tts/fake-provider.ts'
import { Scene } from './scene.ts'
import { Talker, terms } from './talker.ts'

let dataDir = ''
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'wide-'))
})
afterAll(() => rm(dataDir, { recursive: true, maxRetries: 10, retryDelay: 20 }))

/** A second of tones, each with a peak of 6,000. */
function toneWav(rateHz: number, ...frequenciesHz: readonly number[]): Uint8Array {
  const pcm = Int16Array.from({ length: rateHz }, (_, i) =>
    frequenciesHz.reduce((sum, hz) => sum + 6000 * Math.sin((2 * Math.PI * hz * i) / rateHz), 0),
  )
  const header = wavHeader({ rateHz, channels: 1, format: 'pcm16', dataBytes: pcm.byteLength })
  return Buffer.concat([header, new Uint8Array(pcm.buffer)])
}
const bestBand = { opus: 'wide', G722: 'wide', PCMU: 'narrow', PCMA: 'narrow' } as const
const TONE_DBFS = 20 * Math.log10(6000 / 32_767)

let folders = 0
const speechOf = (provider: SpeechProvider) => {
  folders += 1
  const log = { warn: () => undefined }
  return createSpeech({ dataDir: join(dataDir, String(folders)), providers: [provider], log })
}

/** As it is heard while it is made, and as it is heard from the cache. */
async function spoken(provider: SpeechProvider, text: string): Promise<Record<string, Sound>> {
  const speech = speechOf(provider)
  const speaking = await speech.speak({ text })
  const { sound } = speaking.player()
  await speaking.ended
  const { path } = await speech.synthesise({ text })
  return { growing: sound, cached: { kind: 'wav', path } }
}

/** What a phone of that codec hears of it: a second, without its beginning. */
async function heardBy(codec: CodecName, sound: Sound, ms = 1000) {
  const scene = new Scene()
  const { leg, port } = scene.leg(terms(codec))
  // Who plays it finds it read.
  const read = await prepareSound(sound, bestBand[codec] === 'wide' ? 16_000 : 8000)
  void leg.play(sound)
  await nextTurn()
  scene.tick(ms / 20)
  expect(read.rateHz).toBe(bestBand[codec] === 'wide' ? 16_000 : 8000)
  const talker = new Talker(port, codec)
  const pcm = talker.heard()
  await leg.close()
  return { pcm, rateHz: talker.rateHz }
}

type Heard = Awaited<ReturnType<typeof heardBy>>
/** Of the middle: whole periods of multiples of 10 Hz. */
const levelAt = ({ pcm, rateHz }: Heard, hz: number): number =>
  toneDbfs(pcm, hz, rateHz, rateHz * 0.2, rateHz * 0.6)

/** Power between two frequencies. */
function bandDb({ pcm, rateHz }: Heard, fromHz: number, toHz: number): number {
  let power = 0
  for (let hz = fromHz; hz < toHz; hz += 10) power += 10 ** (toneDbfs(pcm, hz, rateHz) / 10)
  return 10 * Math.log10(power)
}

describe.each([22_050, 24_000, 48_000])('tones of 1 and 5.5 kHz, of %d Hz', (rateHz) => {
  test.each(audioCodecs)('spoken, and played as a prompt, to %s', async (codec) => {
    const provider = new FakeProvider()
    provider.answer = () => toneWav(rateHz, 1000, 5500)
    const path = join(dataDir, `prompt-${rateHz}-${codec}.wav`)
    await writeFile(path, (await convertNow(toneWav(rateHz, 1000, 5500), 'off')).wav)
    const sounds = { ...(await spoken(provider, 'tones')), prompt: { kind: 'wav', path } as Sound }
    for (const [name, sound] of Object.entries(sounds)) {
      const heard = await heardBy(codec, sound)
      expect(Math.abs(levelAt(heard, 1000) - TONE_DBFS), name).toBeLessThan(1)
      if (bestBand[codec] === 'wide') {
        expect(Math.abs(levelAt(heard, 5500) - TONE_DBFS), name).toBeLessThan(2)
      } else {
        // What would fold down: 8 - 5.5 kHz.
        expect(levelAt(heard, 2500) - TONE_DBFS, name).toBeLessThan(-50)
      }
    }
  })
})

test('before it is coded it is as loud as it was, and nothing folds down', async () => {
  const provider = new FakeProvider()
  provider.answer = () => toneWav(24_000, 500, 3300, 5500, 6800, 9500)
  const { path } = await speechOf(provider).synthesise({ text: 'tones' })
  const [narrow, wide] = [await loadWav(path, 8000), await loadWav(path, 16_000)]
  for (const hz of [500, 3300]) expect(levelAt(narrow, hz) - TONE_DBFS).toBeCloseTo(0, 1)
  for (const hz of [500, 3300, 5500, 6800]) expect(levelAt(wide, hz) - TONE_DBFS).toBeCloseTo(0, 1)
  for (const hz of [2500, 1200]) expect(levelAt(narrow, hz) - TONE_DBFS).toBeLessThan(-70)
  expect(levelAt(wide, 6500) - TONE_DBFS).toBeLessThan(-70)
})

const espeak = new EspeakNg()
test.runIf(espeak.unavailableBecause() === undefined).each([
  ['opus', -35],
  ['G722', -35],
] as const)('the sibilants of a voice reach a phone with %s', async (codec, leastDb) => {
  const text = 'Six thick thistle sticks, she says.'
  for (const sound of Object.values(await spoken(espeak, text))) {
    const heard = await heardBy(codec, sound, 1600)
    expect(bandDb(heard, 4000, 7000) - bandDb(heard, 300, 3400)).toBeGreaterThan(leastDb)
  }
})
