import { spawn } from 'node:child_process'
import fs from 'node:fs'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readWav, wavLayout } from '../../../engine/dsp/wav.ts'
import { RecordingStorage } from '../../../recordings/storage.ts'
import { type FileCalls, RecordingWriter } from '../../../recordings/writer.ts'

let folder = ''
let files = 0
const freshPath = () => join(folder, `${++files}.wav`)

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recordings-'))
})
afterAll(() => rm(folder, { recursive: true }))

const FRAME = 160
const ramp = (from: number, sign: number) =>
  Int16Array.from({ length: FRAME }, (_, i) => sign * ((from + i) % 30_000))

/** What may be ahead of the file: more than a flush, and with a write under way less than the ring. */
const AHEAD_BYTES = 1.5 * 8000 * 4

/** Writes `frames` frames of a rising left and a falling right channel, waiting for a disk that is behind. */
async function record(writer: RecordingWriter, frames: number, from = 0): Promise<void> {
  for (let n = from; n < from + frames; n++) {
    push(writer, n)
    const due = (n + 1 - from) * FRAME * 4 - AHEAD_BYTES
    while (isOpen(writer) && due > 0 && sizeOf(writer.path) < due) {
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
  }
}

const push = (writer: RecordingWriter, n: number) =>
  writer.write(ramp(n * FRAME, 1), ramp(n * FRAME, -1), FRAME)
const isOpen = ({ state }: RecordingWriter) => state === 'open' || state === 'opening'
const sizeOf = (path: string) => (fs.existsSync(path) ? fs.statSync(path).size : 0)

function expectRamp(samples: readonly Int16Array[], from = 0): void {
  const [left, right] = samples as [Int16Array, Int16Array]
  const wrong = left.findIndex(
    (value, i) => value !== (from + i) % 30_000 || right[i] !== -((from + i) % 30_000),
  )
  expect(wrong).toBe(-1)
}

describe('a recording', () => {
  test('has left and right in their channels and tells its length', async () => {
    const path = freshPath()
    const writer = new RecordingWriter({ path })
    await record(writer, 500)
    const result = await writer.close()
    expect(result).toEqual({ path, durationMs: 10_000, bytes: 44 + 320_000, failure: null })
    expect((await stat(path)).size).toBe(result.bytes)
    const wav = readWav(await readFile(path))
    expect(wav).toMatchObject({ rateHz: 8000, channels: 2 })
    expect(wav.samples[0]).toHaveLength(80_000)
    expectRamp(wav.samples)
    expect(writer.state).toBe('closed')
  })

  test('of nothing is an empty WAV', async () => {
    const path = freshPath()
    const writer = new RecordingWriter({ path })
    expect(await writer.close()).toMatchObject({ durationMs: 0, bytes: 44, failure: null })
    expect(wavLayout(await readFile(path)).dataBytes).toBe(0)
  })

  test('is for the user of the process alone', async () => {
    const path = freshPath()
    await new RecordingWriter({ path }).close()
    expect(((await stat(path)).mode & 0o777).toString(8)).toBe('600')
  })

  test('closing twice gives one result, and what is written after is ignored', async () => {
    const writer = new RecordingWriter({ path: freshPath() })
    await record(writer, 3)
    const first = writer.close()
    writer.write(ramp(0, 1), ramp(0, -1), FRAME)
    expect(await writer.close()).toBe(await first)
    writer.write(ramp(0, 1), ramp(0, -1), FRAME)
    expect((await first).durationMs).toBe(60)
  })

  test('the header follows the audio while it grows', async () => {
    const path = freshPath()
    const writer = new RecordingWriter({ path, flushMs: 200 })
    await record(writer, 1)
    await expect.poll(() => writer.state).toBe('open')
    await record(writer, 29, 1)
    const toldBytes = async () => new DataView((await readFile(path)).buffer).getUint32(40, true)
    await expect.poll(toldBytes).toBeGreaterThanOrEqual(20 * FRAME * 4)
    await writer.close()
  })
})

describe('a disk that is slow', () => {
  /** File calls of which every write waits until it is let go. */
  function slowDisk() {
    const held: (() => void)[] = []
    const calls = {
      ...fs,
      write: (...args: Parameters<typeof fs.write>) => {
        held.push(() => fs.write(...args))
      },
    } as unknown as FileCalls
    let open = true
    const letGo = async () => {
      while (open) {
        held.shift()?.()
        await new Promise((resolve) => setImmediate(resolve))
      }
    }
    return {
      calls,
      release: () => void letGo(),
      stop: () => {
        open = false
      },
    }
  }

  test('loses audio but not time, and counts what it lost', async () => {
    const { calls, release, stop } = slowDisk()
    const path = freshPath()
    const writer = new RecordingWriter({ path, bufferMs: 1000, flushMs: 200, files: calls })
    for (let n = 0; n < 150; n++) push(writer, n)
    expect(writer.overflowFrames).toBe(100 * FRAME)
    release()
    await expect.poll(() => fs.statSync(path).size).toBeGreaterThan(44 + 40 * FRAME * 4)
    await record(writer, 50, 150)
    const result = await writer.close()
    stop()
    const { samples } = readWav(await readFile(path))
    expect(result.failure).toBe(null)
    expect(result.lostMs).toBeGreaterThanOrEqual(2000)
    expect(samples[0]!.length).toBeGreaterThanOrEqual(150 * FRAME)
    expectRamp(samples.map((channel) => channel.subarray(0, 50 * FRAME)))
    expect(samples[0]!.subarray(60 * FRAME, 140 * FRAME).every((value) => value === 0)).toBe(true)
    if (samples[0]!.length === 200 * FRAME && writer.overflowFrames === 100 * FRAME) {
      expectRamp(
        samples.map((channel) => channel.subarray(150 * FRAME)),
        150 * FRAME,
      )
    }
  })
})

describe('a disk that fails', () => {
  const failing = (code: string, from: number): FileCalls => {
    let writes = 0
    return {
      ...fs,
      write: (...args: unknown[]) => {
        const done = args.at(-1) as (error: Error | null) => void
        writes += 1
        if (writes >= from) setImmediate(() => done(Object.assign(new Error(code), { code })))
        else (fs.write as (...all: unknown[]) => void)(...args)
      },
    } as unknown as FileCalls
  }

  const rows = [
    { name: 'ENOSPC', code: 'ENOSPC', failure: 'no_space' },
    { name: 'EDQUOT', code: 'EDQUOT', failure: 'no_space' },
    { name: 'EIO', code: 'EIO', failure: 'io_error' },
  ] as const
  test.each(rows)(
    '$name in the middle: $failure, a valid file of what went before',
    async (row) => {
      const path = freshPath()
      const told: string[] = []
      const writer = new RecordingWriter({
        path,
        flushMs: 200,
        files: failing(row.code, 6),
        onFailure: (failure) => told.push(failure),
      })
      for (let n = 0; n < 30 && writer.state !== 'failed'; n++) {
        await record(writer, 10, n * 10)
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      expect(writer.state).toBe('failed')
      writer.write(ramp(0, 1), ramp(0, -1), FRAME)
      const result = await writer.close()
      expect(told).toEqual([row.failure])
      expect(result.failure).toBe(row.failure)
      expect(result.durationMs).toBeGreaterThan(0)
      const file = await readFile(path)
      expect(file.length).toBe(result.bytes)
      expectRamp(readWav(file).samples)
    },
  )

  test('/dev/full', async () => {
    const full = {
      ...fs,
      open: (...args: unknown[]) => fs.open('/dev/full', 'w', args.at(-1) as never),
    } as unknown as FileCalls
    const writer = new RecordingWriter({ path: freshPath(), files: full })
    await record(writer, 10)
    await expect.poll(() => writer.state).toBe('failed')
    const result = await writer.close()
    expect(result).toMatchObject({ failure: 'no_space', durationMs: 0, bytes: 0 })
  })

  test('a disk that takes part of a block only goes on with the rest', async () => {
    const path = freshPath()
    const little = {
      ...fs,
      write: (
        fd: number,
        data: Uint8Array,
        at: number,
        length: number,
        position: number,
        done: never,
      ) => fs.write(fd, data, at, length > 44 ? Math.min(length, 1003) : length, position, done),
    } as unknown as FileCalls
    const writer = new RecordingWriter({ path, files: little })
    await record(writer, 100)
    expect(await writer.close()).toMatchObject({ durationMs: 2000, failure: null })
    expectRamp(readWav(await readFile(path)).samples)
  })

  const unopenable = [
    { name: 'a folder that is not there', path: '/proc/none/1.wav' },
    { name: 'a file where the folder should be', path: '/etc/hostname/1.wav' },
  ]
  test.each(unopenable)('$name: io_error, no throw', async ({ path }) => {
    const writer = new RecordingWriter({ path })
    await record(writer, 5)
    expect(await writer.close()).toMatchObject({ failure: 'io_error', bytes: 0 })
  })

  test('an existing file is never overwritten', async () => {
    const path = freshPath()
    const first = new RecordingWriter({ path })
    await record(first, 5)
    await first.close()
    const second = new RecordingWriter({ path })
    expect(await second.close()).toMatchObject({ failure: 'io_error' })
    expect((await stat(path)).size).toBe(44 + 5 * FRAME * 4)
  })
})

describe('a file that another writer began', () => {
  const SECOND = 50
  /** As a writer that dies leaves it: a second that its header does not tell yet, and a frame in part. */
  async function left(): Promise<string> {
    const path = freshPath()
    const writer = new RecordingWriter({ path })
    await record(writer, 2 * SECOND)
    await writer.close()
    const more = Buffer.alloc(SECOND * FRAME * 4 + 3)
    for (let i = 0; i < SECOND * FRAME; i++) {
      const at = 2 * SECOND * FRAME + i
      more.writeInt16LE(at % 30_000, i * 4)
      more.writeInt16LE(-(at % 30_000), i * 4 + 2)
    }
    fs.appendFileSync(path, more)
    return path
  }
  const goesOnAt = (path: string, atSamples: number) => {
    const found: number[] = []
    const goesOn = { atSamples, found: (samples: number) => found.push(samples) }
    return { found, writer: new RecordingWriter({ path, goesOn }) }
  }

  test('is gone on with: what is whole is kept, the rest is silence up to where it goes on', async () => {
    const path = await left()
    const from = 5 * SECOND
    const { found, writer } = goesOnAt(path, from * FRAME)
    await record(writer, SECOND, from)
    expect(await writer.close()).toMatchObject({ durationMs: 6000, failure: null })
    expect(found).toEqual([3 * SECOND * FRAME])
    const { samples } = readWav(await readFile(path))
    const part = (start: number, end: number) =>
      samples.map((channel) => channel.subarray(start * FRAME, end * FRAME))
    expectRamp(part(0, 3 * SECOND))
    expectRamp(part(from, from + SECOND), from * FRAME)
    for (const channel of part(3 * SECOND, from)) expect(new Set(channel)).toEqual(new Set([0]))
    expect(samples[0]).toHaveLength(6 * SECOND * FRAME)
  })

  test('that is longer than it should be loses nothing', async () => {
    const { found, writer } = goesOnAt(await left(), SECOND * FRAME)
    expect(await writer.close()).toMatchObject({ durationMs: 3000, failure: null })
    expect(found).toEqual([3 * SECOND * FRAME])
  })

  test.each([
    ['not there', undefined],
    ['empty', ''],
  ])('that is %s is begun', async (_what, text) => {
    const path = freshPath()
    if (text !== undefined) fs.writeFileSync(path, text)
    const { found, writer } = goesOnAt(path, SECOND * FRAME)
    push(writer, SECOND)
    expect(await writer.close()).toMatchObject({ durationMs: 1020, failure: null })
    expect(found).toEqual([0])
    expect(readWav(await readFile(path)).samples[0]).toHaveLength(51 * FRAME)
  })

  test.each([
    ['no WAV', 'x'.repeat(100)],
    ['a part of a header', 'RIFF'],
    ['a recording of another shape', undefined],
  ])('that is %s fails, and is left as it is', async (_what, text) => {
    const path = text === undefined ? await left() : freshPath()
    if (text !== undefined) fs.writeFileSync(path, text)
    const before = await readFile(path)
    const found: number[] = []
    const goesOn = { atSamples: 16_000, found: (samples: number) => found.push(samples) }
    const writer = new RecordingWriter({ path, channels: 1, goesOn })
    push(writer, 0)
    expect(await writer.close()).toMatchObject({ failure: 'io_error' })
    expect(found).toEqual([])
    expect((await readFile(path)).equals(before)).toBe(true)
  })
})

describe('kill -9', () => {
  test('leaves a file that plays up to its last moments, and is repaired to the last frame', async () => {
    const root = join(folder, 'killed')
    const storage = new RecordingStorage(root)
    const path = await storage.pathFor('killed', 0)
    const program = fileURLToPath(new URL('endless-writer.ts', import.meta.url))
    const child = spawn(process.execPath, [program, path], { stdio: ['ignore', 'pipe', 'inherit'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('close', resolve))
    expect(child.signalCode).toBe('SIGKILL')

    const before = readWav(await readFile(path))
    expect(before.samples[0]!.length).toBeGreaterThanOrEqual(8000 * 1.5)
    expectRamp(before.samples)
    const repaired = await storage.repair(path)
    expect(repaired.durationMs).toBeGreaterThanOrEqual(before.samples[0]!.length / 8)
    expect(repaired.bytes).toBe((await stat(path)).size)
    expectRamp(readWav(await readFile(path)).samples)
  })
})
