import {
  existsSync,
  lstatSync,
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
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readWav } from '../../../engine/dsp/wav.ts'
import { readArguments } from '../../../engine/microphone/arguments.ts'
import { recordPrompt } from '../../../engine/microphone/record-prompt.ts'
import { savePrompt } from '../../../engine/microphone/save-prompt.ts'
import { badNames } from './prompt-names.ts'
import { pacedRecorder, realClock, type StubPrograms, stubPrograms } from './stub-recorder.ts'

let stubs: StubPrograms
let dataDir: string
let shown: string
let ctrlC: () => void
beforeEach(() => {
  stubs = stubPrograms()
  dataDir = mkdtempSync(join(tmpdir(), 'ringdown-studio-'))
  shown = ''
})
afterEach(() => {
  stubs.remove()
  rmSync(dataDir, { recursive: true, force: true })
})

function record(...given: string[]): Promise<string> {
  const wanted = readArguments(given)
  if (typeof wanted === 'string') throw new Error('that is help')
  return recordPrompt(
    {
      dataDir,
      recorder: { program: 'auto', device: undefined, environment: stubs.environment },
      clock: realClock,
      screen: {
        isTerminal: true,
        write: (text) => {
          shown += text
        },
      },
      done: () =>
        new Promise((resolve) => {
          ctrlC = resolve
        }),
    },
    wanted,
  )
}

const folder = () => join(dataDir, 'recorded-prompts')
const fileOf = (name: string) => join(folder(), `${name}.wav`)

/** 200 ms of silence, 600 ms of sound, silence for ever. */
const spoken = (level: number) =>
  pacedRecorder(
    `(n) => new Array(320).fill(0).map((_, at) => (n < 10 || n >= 40 ? 0 : at % 2 ? ${level} : -${level}))`,
  )

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5))
}

test('Ctrl-C ends it; the silence is cut, 100 ms are kept; level, picture and place are told', async () => {
  stubs.add('sox', spoken(8192))
  const recording = record('welcome')
  await until(() => /00:00\.9|00:0[1-9]/.test(shown))
  ctrlC()
  expect(await recording).toBe(fileOf('welcome'))
  const { rateHz, channels, samples } = readWav(readFileSync(fileOf('welcome')))
  expect({ rateHz, channels, length: samples[0]?.length }).toEqual({
    ...{ rateHz: 16_000, channels: 1, length: 12_800 },
  })
  expect(shown).toContain('recording with sox; Ctrl-C ends it')
  expect(shown).toMatch(/\r00:00\.\d \[#+ +\] {2}-12\.0 dBFS/)
  expect(shown).toContain('00:00.8 of 00:0')
  expect(shown).toContain('peak -12.0 dBFS\n')
  expect(shown).toContain('calls play it by the URL prompt:welcome')
  expect(shown).toContain('not played: none of aplay, paplay, play is installed')
  expect(shown.split('\n').filter((line) => line === '-'.repeat(64))).toHaveLength(1)
  expect(readdirSync(folder())).toEqual(['welcome.wav'])
})

test('the longest length ends it', async () => {
  stubs.add('sox', pacedRecorder('() => new Array(320).fill(3000)'))
  await record('long', '--longest', '1', '--no-playback')
  expect(readWav(readFileSync(fileOf('long'))).samples[0]).toHaveLength(16_000)
  expect(shown).not.toContain('played')
})

test('a recorder that dies leaves what it gave', async () => {
  const dies = `setTimeout(() => process.stderr.write('unplugged', () => process.exit(1)), 700)`
  stubs.add('sox', pacedRecorder('() => new Array(320).fill(32767)', dies))
  await record('torn', '--no-playback')
  expect(existsSync(fileOf('torn'))).toBe(true)
  expect(shown).toContain('the recorder program ended: unplugged')
  expect(shown).toContain('CLIPPED: speak more softly')
  expect(shown).toMatch(/CLIPPED at 00:00\.0/)
})

test('only silence: nothing is stored', async () => {
  stubs.add('sox', pacedRecorder('() => new Array(320).fill(30)'))
  await expect(record('quiet', '--longest', '1')).rejects.toMatchObject({
    code: 'invalid_audio',
    message: expect.stringMatching(/^only silence was heard.*its peak is -60\.8 dBFS/),
  })
  expect(existsSync(folder())).toBe(false)
})

test('it is played by the first player that can', async () => {
  stubs.add('sox', spoken(8192))
  stubs.add('aplay', `process.stderr.write('no such device', () => process.exit(1))`)
  stubs.add(
    'play',
    `require('node:fs').writeFileSync(process.env.STUB_FOLDER + '/played', process.argv.slice(2).join(' '))`,
  )
  await record('heard', '--longest', '1')
  expect(readFileSync(join(stubs.folder, 'played'), 'utf8')).toBe(`-q ${fileOf('heard')}`)
  expect(shown).toContain('played with play')
})

test('a player without a speaker is told of', async () => {
  stubs.add('sox', spoken(8192))
  stubs.add('aplay', `process.stderr.write('no such device', () => process.exit(1))`)
  await record('heard', '--longest', '1')
  expect(shown).toContain('not played: aplay says: no such device')
})

test('a name that is taken is said before anybody speaks; --replace records anew', async () => {
  stubs.add('sox', spoken(8192))
  mkdirSync(folder())
  writeFileSync(fileOf('taken'), 'the old one')
  await expect(record('taken')).rejects.toMatchObject({ code: 'already_exists' })
  expect(shown).toBe('')
  expect(readFileSync(fileOf('taken'), 'utf8')).toBe('the old one')
  await record('taken', '--longest', '1', '--replace', '--no-playback')
  expect(readWav(readFileSync(fileOf('taken'))).samples[0]).toHaveLength(12_800)
})

test('a link of that name is taken, and replaced but never followed', async () => {
  stubs.add('sox', spoken(8192))
  const outside = join(dataDir, 'outside.wav')
  mkdirSync(folder())
  symlinkSync(outside, fileOf('link'))
  await expect(record('link')).rejects.toMatchObject({ code: 'already_exists' })
  await record('link', '--longest', '1', '--replace', '--no-playback')
  expect(existsSync(outside)).toBe(false)
  expect(lstatSync(fileOf('link')).isSymbolicLink()).toBe(false)
})

test('two who record the same name: the second does not overwrite the first', async () => {
  const pcm = Int16Array.of(1, 2, 3)
  await savePrompt(dataDir, 'same', { pcm, rateHz: 16_000 }, false)
  const again = savePrompt(dataDir, 'same', { pcm: Int16Array.of(9), rateHz: 16_000 }, false)
  await expect(again).rejects.toMatchObject({ code: 'already_exists' })
  expect(readWav(readFileSync(fileOf('same'))).samples[0]).toEqual(pcm)
  expect(readdirSync(folder())).toEqual(['same.wav'])
})

test.each(badNames)('nothing is written for the name %j', async (name) => {
  const saving = async () =>
    savePrompt(dataDir, name, { pcm: Int16Array.of(1), rateHz: 16_000 }, true)
  await expect(saving()).rejects.toMatchObject({ code: 'invalid_request' })
  expect(readdirSync(dataDir)).toEqual([])
})
