import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { appendFile, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readWav } from '../../../engine/dsp/wav.ts'
import { type SyncFileCalls, syncFiles } from '../../../recordings/ogg/opus-file.ts'
import { mendEnd } from '../../../recordings/ogg/stream-end.ts'
import { OpusRecorders, type OpusThread } from '../../../recordings/opus-recorder.ts'
import { RecordingStorage } from '../../../recordings/storage.ts'
import { bestLag, decodedOpus, FRAME, opusLab, RATE_HZ, voiceFrame } from './opus-lab.ts'

let folder = ''
let files = 0
const freshPath = () => join(folder, `${++files}.opus`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'opus-'))
})
afterAll(() => rm(folder, { recursive: true }))

const [LEFT, RIGHT] = [0.1, 0.7]
const SECOND = 50

function made(seed: number, seconds: number, rateHz = RATE_HZ): Int16Array {
  const frames = Array.from({ length: seconds * SECOND }, (_, n) => voiceFrame(n, seed, rateHz))
  return Int16Array.from(frames.flatMap((frame) => [...frame]))
}

/** Records seconds of two voices; `work` is done each fifth of one. */
function record(
  lab: ReturnType<typeof opusLab>,
  recorder: { write(left: Int16Array, right: Int16Array, samples: number): void },
  seconds: number,
  { from = 0, rateHz = RATE_HZ } = {},
): void {
  for (let n = from * SECOND; n < (from + seconds) * SECOND; n++) {
    recorder.write(voiceFrame(n, LEFT, rateHz), voiceFrame(n, RIGHT, rateHz), rateHz / SECOND)
    if (n % 10 === 9) lab.work()
  }
}

const options = (path: string) => ({ path, channels: 2, rateHz: RATE_HZ }) as const

describe('an Opus recording', () => {
  test('has left and right in their channels, in time to a millisecond, in less than a tenth of the bytes', async () => {
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open(options(path))
    record(lab, recorder, 10)
    const result = await recorder.close()
    const bytes = await readFile(path)
    expect(result).toEqual({ path, durationMs: 10_000, bytes: bytes.length, failure: null })
    expect(bytes.length).toBeLessThan((10 * RATE_HZ * 4) / 10)
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
    const channels = await decodedOpus(bytes)
    expect(channels).toHaveLength(2)
    expect(channels[0]).toHaveLength(10 * RATE_HZ)
    for (const [at, seed] of [LEFT, RIGHT].entries()) {
      const { lag, likeness } = bestLag(channels[at]!, made(seed, 10), 80)
      expect(Math.abs(lag)).toBeLessThanOrEqual(8)
      expect(likeness).toBeGreaterThan(0.9)
    }
  })

  test('of one side who is silent is not heard on his channel', async () => {
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open(options(path))
    const silence = new Int16Array(FRAME)
    for (let n = 0; n < 100; n++) recorder.write(voiceFrame(n, LEFT), silence, FRAME)
    await recorder.close()
    const [left, right] = await decodedOpus(await readFile(path))
    const peak = (channel: Float32Array) => Math.max(...channel.map(Math.abs))
    expect(peak(left!)).toBeGreaterThan(0.1)
    expect(peak(right!)).toBeLessThan(0.001)
  })

  test('of one channel, at 16 kHz', async () => {
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open({ path, channels: 1, rateHz: 16_000 })
    record(lab, recorder, 2, { rateHz: 16_000 })
    expect(await recorder.close()).toMatchObject({ durationMs: 2000, failure: null })
    const channels = await decodedOpus(await readFile(path), 16_000)
    expect(channels).toHaveLength(1)
    expect(bestLag(channels[0]!, made(LEFT, 2, 16_000), 40).likeness).toBeGreaterThan(0.9)
  })

  test('of a part of a frame is as long as it was', async () => {
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open(options(path))
    record(lab, recorder, 2)
    recorder.write(voiceFrame(0, LEFT), voiceFrame(0, RIGHT), 80)
    expect(await recorder.close()).toMatchObject({ durationMs: 2010 })
    const [left] = await decodedOpus(await readFile(path))
    expect(left).toHaveLength(2 * RATE_HZ + 80)
  })

  test('opusdec plays it', async (context) => {
    if (spawnSync('opusdec', ['--version']).error) context.skip('opusdec (opus-tools) is missing')
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open(options(path))
    record(lab, recorder, 3)
    await recorder.close()
    const played = spawnSync('opusdec', ['--quiet', '--rate', String(RATE_HZ), path, `${path}.wav`])
    expect(String(played.stderr)).toBe('')
    const wav = readWav(await readFile(`${path}.wav`))
    expect(wav).toMatchObject({ rateHz: RATE_HZ, channels: 2 })
    expect(wav.samples[0]).toHaveLength(3 * RATE_HZ)
    for (const [at, seed] of [LEFT, RIGHT].entries()) {
      const { lag, likeness } = bestLag(wav.samples[at]!, made(seed, 3), 40)
      expect(Math.abs(lag)).toBeLessThanOrEqual(8)
      expect(likeness).toBeGreaterThan(0.9)
    }
  })

  test('is gone on with by another writer, without a gap', async () => {
    const path = freshPath()
    const lab = opusLab()
    const first = lab.recorders.open(options(path))
    const found: number[] = []
    record(lab, first, 3)
    expect(await first.close(true)).toMatchObject({ failure: null })
    const second = lab.recorders.open({
      ...options(path),
      goesOn: { atSamples: 3 * RATE_HZ, found: (samples) => found.push(samples) },
    })
    record(lab, second, 2, { from: 3 })
    expect(await second.close()).toMatchObject({ durationMs: 5000, failure: null })
    expect(found).toEqual([3 * RATE_HZ])
    const [left] = await decodedOpus(await readFile(path))
    expect(left).toHaveLength(5 * RATE_HZ)
    const lastSecond = bestLag(left!.subarray(4 * RATE_HZ), made(LEFT, 5).subarray(4 * RATE_HZ), 40)
    expect(Math.abs(lastSecond.lag)).toBeLessThanOrEqual(8)
    expect(lastSecond.likeness).toBeGreaterThan(0.9)
  })

  test('whose writer has died is gone on with: up to there it is silence', async () => {
    const path = freshPath()
    const lab = opusLab()
    record(lab, lab.recorders.open(options(path)), 3)
    // The page that it writes just now.
    await appendFile(path, 'OggS and no more')
    const found: number[] = []
    const next = opusLab()
    const goesOn = { atSamples: 5 * RATE_HZ, found: (samples: number) => found.push(samples) }
    const second = next.recorders.open({ ...options(path), goesOn })
    record(next, second, 2, { from: 5 })
    expect(await second.close()).toMatchObject({ durationMs: 7000, failure: null })
    expect(found).toEqual([3 * RATE_HZ])
    const [left] = await decodedOpus(await readFile(path))
    expect(left).toHaveLength(7 * RATE_HZ)
    const likeMade = (from: number, to: number) =>
      bestLag(
        left!.subarray(from * RATE_HZ, to * RATE_HZ),
        made(LEFT, to).subarray(from * RATE_HZ),
        40,
      )
    for (const [from, to] of [
      [1, 3],
      [5, 7],
    ] as const) {
      expect(Math.abs(likeMade(from, to).lag)).toBeLessThanOrEqual(8)
      expect(likeMade(from, to).likeness).toBeGreaterThan(0.9)
    }
    const within = left!.subarray(3.1 * RATE_HZ, 4.9 * RATE_HZ)
    expect(Math.max(...within.map(Math.abs))).toBeLessThan(0.001)
  })

  test.each(['not there', 'empty'])('that is %s is begun', async (what) => {
    const path = freshPath()
    if (what === 'empty') await appendFile(path, '')
    const lab = opusLab()
    const found: number[] = []
    const goesOn = { atSamples: RATE_HZ, found: (samples: number) => found.push(samples) }
    const recorder = lab.recorders.open({ ...options(path), goesOn })
    record(lab, recorder, 1)
    expect(await recorder.close()).toMatchObject({ durationMs: 2000, failure: null })
    expect(found).toEqual([0])
  })

  test('that is no Opus fails, and is left as it is', async () => {
    const path = freshPath()
    await appendFile(path, 'x'.repeat(1000))
    const goesOn = { atSamples: RATE_HZ, found: () => expect.unreachable() }
    const recorder = opusLab().recorders.open({ ...options(path), goesOn })
    expect(await recorder.close()).toMatchObject({ failure: 'io_error' })
    expect(await readFile(path, 'utf8')).toBe('x'.repeat(1000))
  })

  test('what came while the disk was behind is silence, in its place', async () => {
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open(options(path))
    // Nobody works: 6 s of which the ring holds 4.1.
    for (let n = 0; n < 6 * SECOND; n++)
      recorder.write(voiceFrame(n, LEFT), voiceFrame(n, RIGHT), FRAME)
    expect(recorder.overflowFrames).toBeGreaterThan(RATE_HZ)
    lab.work()
    record(lab, recorder, 2, { from: 6 })
    expect(await recorder.close()).toMatchObject({
      ...{ durationMs: 8000, failure: null },
      // 6 s but for the 4.096 that the ring holds; and what was told is what is silent.
      lostMs: (recorder.overflowFrames * 1000) / RATE_HZ,
    })
    const [left] = await decodedOpus(await readFile(path))
    const { lag } = bestLag(left!.subarray(7 * RATE_HZ), made(LEFT, 8).subarray(7 * RATE_HZ), 40)
    expect(Math.abs(lag)).toBeLessThanOrEqual(8)
  })
})

describe('the threads that encode', () => {
  /** Threads that only note what they are asked; `die` of each. */
  function lab(most: number) {
    const asked: number[][] = []
    const deaths: (() => void)[] = []
    const recorders = new OpusRecorders((tell, died): OpusThread => {
      const ids: number[] = []
      asked.push(ids)
      deaths.push(died)
      return {
        ask(ask) {
          if (ask.is === 'open') ids.push(ask.id)
          else tell({ is: 'ended', id: ask.id, durationMs: 0, bytes: 0, failure: null })
        },
      }
    }, most)
    const open = (count: number) =>
      Array.from({ length: count }, () => recorders.open(options('/nowhere')))
    return { asked, deaths, open }
  }

  test('are more where one has much to do, and share it; never more than there may be', () => {
    const { asked, open } = lab(3)
    open(100)
    expect(asked.map(({ length }) => length)).toEqual([100])
    open(260)
    expect(asked.map(({ length }) => length)).toEqual([120, 120, 120])
  })

  test('that one ends leaves room for another', async () => {
    const { asked, open } = lab(3)
    const all = open(100)
    await all[0]!.close()
    open(1)
    expect(asked).toHaveLength(1)
  })

  test('fail, when one dies, only what it wrote; the next recording begins another', async () => {
    const { asked, deaths, open } = lab(2)
    const all = open(101)
    deaths[0]?.()
    expect(await all[0]!.close()).toMatchObject({ failure: 'io_error' })
    expect(await all[100]!.close()).toMatchObject({ failure: null })
    open(101)
    expect(asked.map(({ length }) => length)).toEqual([100, 101, 1])
  })
})

describe('an Opus file whose writer died', () => {
  test('is played up to its last whole page, whatever came after, and repaired', async () => {
    const path = freshPath()
    const lab = opusLab()
    const recorder = lab.recorders.open(options(path))
    record(lab, recorder, 5)
    lab.work()
    const whole = fs.statSync(path).size
    fs.appendFileSync(path, Buffer.from('OggS\0 and a page in part'))
    const fd = fs.openSync(path, 'r+')
    const end = mendEnd(fd, true)
    fs.closeSync(fd)
    expect(end).toMatchObject({ bytes: whole, granule: 5 * 48_000 })
    const [left] = await decodedOpus(await readFile(path))
    expect(left!.length).toBeGreaterThan(4.9 * RATE_HZ)
    await recorder.close()
  })

  test('is made whole by the storage, which knows how long it is', async () => {
    const storage = new RecordingStorage(join(folder, 'root'))
    const path = await storage.pathFor('left-open', Date.UTC(2026, 10, 22), 'opus')
    const lab = opusLab()
    record(lab, lab.recorders.open({ ...options(path) }), 4)
    lab.work()
    fs.appendFileSync(path, 'OggS')
    const { durationMs, bytes } = await storage.repair(path)
    // Less the 6.5 ms that the coder is behind.
    expect(durationMs).toBe(3994)
    expect(fs.statSync(path).size).toBe(bytes)
    const [left] = await decodedOpus(await readFile(path))
    expect(Math.round(left!.length / 8)).toBe(durationMs)
    expect(await storage.repair(path)).toEqual({ durationMs, bytes })
  })

  test('that is none of ours is refused', () => {
    const path = freshPath()
    fs.writeFileSync(path, 'RIFF and so on')
    const fd = fs.openSync(path, 'r+')
    expect(() => mendEnd(fd, true)).toThrow('not an Ogg file')
    fs.closeSync(fd)
  })

  test('kill -9 of the process leaves all but the last second', async () => {
    const path = freshPath()
    const script = fileURLToPath(new URL('./endless-opus.ts', import.meta.url))
    const child = spawn(process.execPath, [script, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    let writtenMs = 0
    child.stdout.on('data', (text: Buffer) => {
      writtenMs = Number(String(text).trim().split('\n').at(-1))
    })
    await expect.poll(() => writtenMs).toBeGreaterThan(5000)
    child.kill('SIGKILL')
    await new Promise((resolve) => child.on('close', resolve))
    const [left] = await decodedOpus(await readFile(path))
    // A second, and what a busy machine leaves to the thread that writes.
    expect(writtenMs - (left!.length * 1000) / RATE_HZ).toBeLessThan(3000)
  })
})

describe('a disk that fails', () => {
  const broken = (name: keyof SyncFileCalls, error: unknown, after = 0): SyncFileCalls => {
    let calls = 0
    const real = syncFiles[name] as (...args: unknown[]) => unknown
    const fails = (...args: unknown[]) => {
      calls += 1
      if (calls > after) throw error
      return real(...args)
    }
    return { ...syncFiles, [name]: fails }
  }
  const full = Object.assign(new Error('full'), { code: 'ENOSPC' })

  test.each([
    ['openSync', full, 0, 'no_space'],
    ['writeSync', full, 2, 'no_space'],
    ['fdatasyncSync', new Error('EIO'), 0, 'io_error'],
  ] as const)(
    '%s: the recording fails with its reason, once',
    async (name, error, after, failure) => {
      const lab = opusLab(broken(name, error, after))
      const told: string[] = []
      const path = freshPath()
      const recorder = lab.recorders.open({ ...options(path), onFailure: (why) => told.push(why) })
      record(lab, recorder, 3)
      expect(told).toEqual([failure])
      expect(await recorder.close()).toMatchObject({ failure })
      record(lab, recorder, 1)
      expect(told).toHaveLength(1)
    },
  )

  test('a file that was removed has failed within 2 s', async () => {
    const lab = opusLab()
    const told: string[] = []
    const path = freshPath()
    const recorder = lab.recorders.open({ ...options(path), onFailure: (why) => told.push(why) })
    record(lab, recorder, 2)
    fs.rmSync(path)
    record(lab, recorder, 2)
    expect(told).toEqual(['file_gone'])
  })

  test('the end of the thread is that of its recordings, and the next one begins another', async () => {
    const lab = opusLab()
    const recorder = lab.recorders.open(options(freshPath()))
    record(lab, recorder, 1)
    lab.die()
    expect(await recorder.close()).toMatchObject({ failure: 'io_error' })
    const next = lab.recorders.open(options(freshPath()))
    record(lab, next, 1)
    expect(await next.close()).toMatchObject({ failure: null, durationMs: 1000 })
  })
})

test('the thread itself writes the file', async () => {
  const path = freshPath()
  const recorder = new OpusRecorders().open(options(path))
  for (let n = 0; n < SECOND; n++) recorder.write(voiceFrame(n, LEFT), voiceFrame(n, RIGHT), FRAME)
  expect(await recorder.close()).toMatchObject({ durationMs: 1000, failure: null })
  const [left] = await decodedOpus(await readFile(path))
  expect(left).toHaveLength(RATE_HZ)
})
