import { execFileSync } from 'node:child_process'
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { Sound } from '../../../engine/core/ports/media.ts'
import { integratedLoudness } from '../../../engine/dsp/loudness.ts'
import { readWav } from '../../../engine/dsp/wav.ts'
import { type MusicLibrary, openMusic } from '../../../engine/web/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { testLog, until } from './server.ts'

let folder: string
let dataDir: string
let clock: VirtualClock
let messages: string[]
const libraries: MusicLibrary[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-music-'))
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-data-'))
  clock = new VirtualClock()
  messages = []
})
afterEach(() => {
  for (const library of libraries.splice(0)) library.close()
  for (const path of [folder, dataDir]) rmSync(path, { recursive: true, force: true })
})

function open(of: { folder?: string; file?: string } = { folder }): MusicLibrary {
  const library = openMusic({ ...of, dataDir, loudness: -23, clock, log: testLog(messages) })
  libraries.push(library)
  return library
}

function put(name: string, fixture: string): void {
  const from = new URL(`../../fixtures/sounds/${fixture}`, import.meta.url)
  mkdirSync(join(folder, name, '..'), { recursive: true })
  copyFileSync(fileURLToPath(from), join(folder, name))
}

const tracksOf = (sound: Sound | undefined) => (sound?.kind === 'music' ? sound.tracks : [])

test('files of the folder are the default class, folders in it are classes; all at 16 kHz and one level', async () => {
  put('b.mp3', 'tone.mp3')
  put('a.opus', 'tone.opus')
  put('jazz/narrow', 'narrow.mp3')
  put('Not A Class/x.mp3', 'tone.mp3')
  put('.hidden', 'tone.mp3')
  const library = open()
  expect(library.named('default')).toBeUndefined()
  await library.look()
  expect(library.classes()).toEqual(['default', 'jazz'])
  expect(library.named('jazz')).toMatchObject({ kind: 'music', name: 'jazz' })
  expect(tracksOf(library.named('default'))).toHaveLength(2)
  expect(library.named('../x')).toBeUndefined()
  for (const path of [...tracksOf(library.named('default')), ...tracksOf(library.named('jazz'))]) {
    const { rateHz, channels, samples } = readWav(readFileSync(path))
    expect([rateHz, channels]).toEqual([16_000, 1])
    expect(Math.abs(integratedLoudness(samples, rateHz)! + 23)).toBeLessThan(0.3)
  }
})

test('links count as what they lead to; one that leads nowhere is nothing', async () => {
  put('elsewhere/a.mp3', 'tone.mp3')
  const music = join(dataDir, 'links')
  mkdirSync(music)
  symlinkSync(join(folder, 'elsewhere'), join(music, 'jazz'))
  symlinkSync(join(folder, 'elsewhere/a.mp3'), join(music, 'a.mp3'))
  symlinkSync('itself', join(music, 'itself'))
  const library = open({ folder: music })
  await library.look()
  expect(library.classes()).toEqual(['default', 'jazz'])
  expect(messages).toEqual([])
})

test('what comes and goes is noticed while it runs; nothing is converted twice', async () => {
  put('a.mp3', 'tone.mp3')
  const library = open()
  await library.look()
  const [first] = tracksOf(library.named('default'))
  put('b.opus', 'tone.opus')
  await clock.advance(10_000)
  await until(() => tracksOf(library.named('default')).length === 2)
  expect(tracksOf(library.named('default'))[0]).toBe(first)
  rmSync(join(folder, 'a.mp3'))
  await clock.advance(10_000)
  await until(() => tracksOf(library.named('default')).length === 1)
  expect(readdirSync(join(dataDir, 'music'))).toHaveLength(1)
  // After a restart the copies are there.
  const again = open()
  await again.look()
  expect(tracksOf(again.named('default'))).toEqual(tracksOf(library.named('default')))
})

test('a file that is no sound is left out, and said once', async () => {
  writeFileSync(join(folder, 'cover.jpg'), 'no sound')
  put('a.mp3', 'tone.mp3')
  const library = open()
  await library.look()
  await library.look()
  expect(tracksOf(library.named('default'))).toHaveLength(1)
  expect(messages).toEqual(['music can not be played'])
})

test('a folder of everything: no more than a thousand are taken, two lines say so', async () => {
  put('a.mp3', 'tone.mp3')
  for (let n = 0; n < 1_001; n++) writeFileSync(join(folder, `x${n}`), 'no sound')
  const library = open()
  await library.look()
  await library.look()
  expect(tracksOf(library.named('default'))).toHaveLength(1)
  expect(messages).toEqual(['more files of music than are taken', 'music can not be played'])
})

test('closed in the midst of a look: it ends, and nothing of what is there is dropped', async () => {
  put('a.mp3', 'tone.mp3')
  put('b.opus', 'tone.opus')
  const first = open()
  await first.look()
  const second = open()
  const looking = second.look()
  second.close()
  await looking
  expect(second.classes()).toEqual([])
  expect(readdirSync(join(dataDir, 'music'))).toHaveLength(2)
})

test('what the system shows as files is not waited for', async () => {
  const library = open({ folder: '/proc/self' })
  await library.look()
  await library.look()
  expect(library.classes()).toEqual([])
  // The system may give them another time at each look: then it is said again.
  expect(new Set(messages)).toEqual(new Set(['music can not be played']))
})

test('a class whose folder can not be read takes nothing from the others; it is said once', async () => {
  const top = folder
  // Nobody can read it, whoever runs the tests: its path is longer than paths may be.
  while (Buffer.byteLength(folder) < 3_800) folder = join(folder, 'd'.repeat(200))
  folder = join(folder, 'd'.repeat(4_040 - Buffer.byteLength(folder)))
  mkdirSync(folder, { recursive: true })
  const name = 'x'.repeat(64)
  onTestFinished(() => {
    execFileSync('rm', ['-rf', top])
  })
  put('a.mp3', 'tone.mp3')
  put('rock/b.mp3', 'narrow.mp3')
  const library = open()
  await library.look()
  execFileSync('mkdir', [name], { cwd: folder })
  put('c.opus', 'tone.opus')
  await library.look()
  await library.look()
  expect(library.classes()).toEqual(['default', 'rock'])
  expect(tracksOf(library.named('default'))).toHaveLength(2)
  expect(messages).toEqual(['a folder of music can not be read'])
  rmSync(join(folder, 'c.opus'))
  await library.look()
  expect(tracksOf(library.named('default'))).toHaveLength(1)
})

test('a folder that is not there is no music, and is looked for again', async () => {
  rmSync(folder, { recursive: true })
  const library = open()
  await library.look()
  expect(library.classes()).toEqual([])
  put('a.mp3', 'tone.mp3')
  await clock.advance(10_000)
  await until(() => library.classes().length === 1)
})

test.each(['tone.mp3', 'tone.opus', 'narrow.mp3'])(
  'a single file of any sort goes before the folder: %s',
  async (fixture) => {
    put('a.mp3', 'tone.mp3')
    put('elsewhere/hold', fixture)
    const library = open({ folder, file: join(folder, 'elsewhere/hold') })
    expect(library.usual()).toBeUndefined()
    await library.look()
    const [path, ...more] = tracksOf(library.usual())
    expect(more).toEqual([])
    const { rateHz, channels, samples } = readWav(readFileSync(path ?? ''))
    expect([rateHz, channels]).toEqual([16_000, 1])
    expect(Math.abs(integratedLoudness(samples, rateHz)! + 23)).toBeLessThan(0.3)
    expect(library.classes()).toEqual(['default', 'elsewhere'])
    expect(open({ folder }).usual()).toBeUndefined()
  },
)

test('a single file that is not there, or no sound, is said once; the folder is heard, and the file once it is there', async () => {
  put('a.mp3', 'tone.mp3')
  const file = join(dataDir, 'hold.wav')
  const library = open({ folder, file })
  await library.look()
  expect(library.usual()).toEqual(library.named('default'))
  await library.look()
  writeFileSync(file, 'no sound')
  await library.look()
  await library.look()
  expect(messages).toEqual(['music can not be played', 'music can not be played'])
  put('tone', 'tone.mp3')
  copyFileSync(join(folder, 'tone'), file)
  await library.look()
  expect(library.usual()).not.toEqual(library.named('default'))
  // A folder that can't be read for a while takes nothing away.
  rmSync(folder, { recursive: true })
  await library.look()
  await library.look()
  expect(tracksOf(library.named('default'))).toHaveLength(2)
  expect(readdirSync(join(dataDir, 'music'))).toHaveLength(3)
  expect(messages.slice(2)).toEqual(['a folder of music can not be read'])
})
