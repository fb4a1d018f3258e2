import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { toneDbfs } from '../../../engine/dsp/goertzel.ts'
import { twoRateWav } from '../../../engine/dsp/two-rate-wav.ts'
import { wavHeader } from '../../../engine/dsp/wav.ts'
import { loadWav } from '../../../engine/media/leg/load-wav.ts'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringdown-wav-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function file(name: string, ...parts: Uint8Array[]): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, Buffer.concat(parts))
  return path
}

/** 500 ms of a 1 kHz sine, the same on every channel. */
function pcm(rateHz: number, channels: number): Uint8Array {
  const samples = Int16Array.from({ length: (rateHz / 2) * channels }, (_, i) => {
    const frame = Math.floor(i / channels)
    return Math.round(10_000 * Math.sin((2 * Math.PI * 1000 * frame) / rateHz))
  })
  return new Uint8Array(samples.buffer)
}

describe('a WAV file becomes mono, at 8 kHz or, where it has more, at 16 kHz', () => {
  test.each([
    [8000, 1],
    [8000, 2],
    [16_000, 1],
    [22_050, 1],
    [44_100, 2],
    [48_000, 2],
  ])('from %d Hz, %d channels', async (rateHz, channels) => {
    const body = pcm(rateHz, channels)
    const header = wavHeader({ rateHz, channels, format: 'pcm16', dataBytes: body.length })
    const path = await file(`${rateHz}-${channels}.wav`, header, body)
    for (const wanted of [8000, 16_000] as const) {
      const samples = await loadWav(path, wanted)
      expect(samples.rateHz).toBe(rateHz > 8000 ? wanted : 8000)
      const [second, { pcm }] = [samples.rateHz, samples]
      expect(Math.abs(pcm.length - second / 2)).toBeLessThanOrEqual(2)
      expect(toneDbfs(pcm, 1000, second, second / 10, second * 0.3)).toBeCloseTo(-10.3, 0)
    }
  })

  test('samples that do not lie on an even byte', async () => {
    const body = pcm(8000, 1)
    const header = wavHeader({ rateHz: 8000, channels: 1, format: 'pcm16', dataBytes: body.length })
    // A chunk of odd size whose pad byte was left out by the writer is not read; one with it is.
    const odd = Buffer.from('LIST\x03\0\0\0abc\0', 'latin1')
    const path = await file('odd.wav', header.subarray(0, 36), odd, header.subarray(36), body)
    expect((await loadWav(path, 8000)).pcm).toHaveLength(4000)
  })
})

describe('a file of 16 kHz that brings the same at 8 kHz along', () => {
  const wide = new Int16Array(8001).fill(1000)
  const whole = twoRateWav(wide, new Int16Array(4001).fill(500))
  const sizeAt = 44 + wide.length * 2 + 4

  test('is played as it lies there', async () => {
    const path = await file('two-rates.wav', whole)
    expect((await loadWav(path, 16_000)).pcm).toEqual(wide)
    expect((await loadWav(path, 8000)).pcm).toEqual(new Int16Array(4001).fill(500))
  })

  test.each([
    ['nothing', 0],
    ['half', 4000],
    ['more', 8004],
  ])('%s of it is not believed: it is made of the other', async (name, bytes) => {
    const size = Buffer.from(Uint32Array.of(bytes).buffer)
    const rest = Buffer.alloc(1000)
    const parts = [whole.subarray(0, sizeAt), size, whole.subarray(sizeAt + 4), rest]
    const { pcm, rateHz } = await loadWav(await file(`${name}-of-it.wav`, ...parts), 8000)
    expect(rateHz).toBe(8000)
    expect(Math.abs(pcm.length - 4000)).toBeLessThan(100)
    expect(pcm[2000]).toBe(1000)
  })
})

describe('refused with invalid_audio', () => {
  const header = wavHeader({ rateHz: 8000, channels: 1, format: 'pcm16', dataBytes: 0 })
  const cases: readonly [string, Uint8Array][] = [
    ['nothing', new Uint8Array(0)],
    ['text', Buffer.from('this is not a sound file at all')],
    ['MP3', Buffer.from('ID3\x04\0\0\0\0\0\0', 'latin1')],
    ['a header alone', header],
    ['half a header', header.subarray(0, 20)],
    ['a strange rate', Buffer.from(header).fill(1, 24, 26)],
  ]
  test.each(cases)('%s', async (name, bytes) => {
    const path = await file(name, bytes)
    await expect(loadWav(path, 16_000)).rejects.toMatchObject({ code: 'invalid_audio' })
  })

  test('a folder, a file that is not there, an endless one', async () => {
    for (const path of [folder, join(folder, 'none.wav'), '/dev/zero']) {
      await expect(loadWav(path, 16_000)).rejects.toMatchObject({ code: 'invalid_audio' })
    }
  }, 5000)
})
