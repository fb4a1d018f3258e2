import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readWav } from '../../../engine/dsp/wav.ts'
import { syncFiles } from '../../../recordings/ogg/opus-file.ts'
import { OpusRecorders } from '../../../recordings/opus-recorder.ts'
import { type FileCalls, RecordingWriter } from '../../../recordings/writer.ts'
import { decodedOpus, FRAME, opusLab, voiceFrame } from './opus-lab.ts'

// Disks that fail for real. That each call may fail by itself: writer.test.ts and opus.test.ts.

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faults-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Recording {
  write(left: Int16Array, right: Int16Array, samples: number): void
  close(): Promise<{ failure: string | null; durationMs: number; path: string }>
}

const opus = new OpusRecorders()
const kinds = {
  wav: (path: string, onFailure: (why: string) => void): Recording =>
    new RecordingWriter({ path, onFailure }),
  opus: (path: string, onFailure: (why: string) => void): Recording =>
    opus.open({ path, onFailure, channels: 2, rateHz: 8000 }),
}
const names = ['wav', 'opus'] as const

/** Seconds of two voices, as fast as the disk takes them; resolves when it has failed, or after the last. */
async function record(recording: Recording, seconds: number, hasFailed: () => boolean) {
  for (let n = 0; n < seconds * 50 && !hasFailed(); n++) {
    recording.write(voiceFrame(n, 0.1), voiceFrame(n, 0.7), FRAME)
    if (n % 50 === 49) await new Promise((resolve) => setTimeout(resolve, 40))
  }
}

/** Seconds that can be heard, whatever the file is. */
async function heardMs(path: string): Promise<number> {
  const bytes = await readFile(path)
  if (path.endsWith('.wav')) return readWav(bytes).samples[0]!.length / 8
  return (await decodedOpus(bytes))[0]!.length / 8
}

describe('a disk of 1 MB', () => {
  const disk = () => join(folder, 'small')
  let why: string | undefined

  beforeAll(() => {
    if (process.getuid?.() !== 0) {
      why = 'only root can mount a small disk'
      return
    }
    fs.mkdirSync(disk())
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk()])
    if (mounted.status !== 0) why = `no small disk: ${String(mounted.stderr).trim()}`
  })
  afterAll(() => {
    if (why === undefined) spawnSync('umount', ['-l', disk()])
  })

  test('a recording that fills it has failed for want of space, and plays up to its last second; when there is room again the next one works', async (context) => {
    if (why !== undefined) context.skip(why)
    const path = join(disk(), 'full.wav')
    const told: string[] = []
    const recording = kinds.wav(path, (failure) => told.push(failure))
    await record(recording, 60, () => told.length > 0)
    const { failure, durationMs } = await recording.close()
    expect(told).toEqual(['no_space'])
    expect(failure).toBe('no_space')
    // 1 MiB is 32.7 s of WAV.
    expect(durationMs).toBeGreaterThan(30_000)
    expect(Math.round(await heardMs(path))).toBe(durationMs)
    // Nothing more fits, of whatever kind.
    const opusPath = join(disk(), 'after.opus')
    const second = kinds.opus(opusPath, () => undefined)
    await record(second, 2, () => false)
    expect(await second.close()).toMatchObject({ failure: 'no_space' })
    fs.rmSync(path)
    fs.rmSync(opusPath, { force: true })
    for (const kind of names) {
      const third = kinds[kind](join(disk(), `room.${kind}`), () => undefined)
      await record(third, 2, () => false)
      expect(await third.close()).toMatchObject({ failure: null, durationMs: 2000 })
    }
  })
})

describe('/dev/full', () => {
  test('a WAV fails for want of space', async () => {
    const files: FileCalls = {
      ...fs,
      open: ((_path: string, _flags: string, _mode: number, done: (...given: never[]) => void) =>
        fs.open('/dev/full', 'r+', done as never)) as never,
    }
    const told: string[] = []
    const path = join(folder, 'full.wav')
    const recording = new RecordingWriter({
      path,
      files,
      onFailure: (failure) => told.push(failure),
    })
    await record(recording, 3, () => told.length > 0)
    expect(await recording.close()).toMatchObject({ failure: 'no_space' })
    expect(told).toEqual(['no_space'])
  })

  test('Opus too', async () => {
    const openSync = (() => fs.openSync('/dev/full', 'r+')) as typeof fs.openSync
    const lab = opusLab({ ...syncFiles, openSync })
    const path = join(folder, 'full.opus')
    const recording = lab.recorders.open({ path, channels: 2, rateHz: 8000 })
    expect(await recording.close()).toMatchObject({ failure: 'no_space' })
  })
})

describe.each(names)('%s', (kind) => {
  test('into a folder that is not there, or that is a file, fails', async () => {
    fs.writeFileSync(join(folder, `file-${kind}`), '')
    for (const place of ['nowhere', `file-${kind}`]) {
      const recording = kinds[kind](join(folder, place, `x.${kind}`), () => undefined)
      expect(await recording.close()).toMatchObject({ failure: 'io_error' })
    }
  })

  test('a folder that is removed meanwhile: told within 2 s of sound', async () => {
    const place = join(folder, `gone-${kind}`)
    fs.mkdirSync(place)
    const told: string[] = []
    const recording = kinds[kind](join(place, `x.${kind}`), (failure) => told.push(failure))
    await record(recording, 1, () => false)
    fs.rmSync(place, { recursive: true })
    // By the clock, as the disk is looked at by the clock.
    for (let n = 0; n < 400 && told.length === 0; n++) {
      await record(recording, 1, () => told.length > 0)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    expect(told).toEqual(['file_gone'])
    expect(await recording.close()).toMatchObject({ failure: 'file_gone' })
  })
})
