import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  openRecorder,
  type RecorderOptions,
  type RunningRecorder,
} from '../../../engine/microphone/recorder.ts'
import { pacedRecorder, realClock, type StubPrograms, stubPrograms } from './stub-recorder.ts'

let stubs: StubPrograms
let heard: number[]
let open: RunningRecorder | undefined
beforeEach(() => {
  stubs = stubPrograms()
  heard = []
  open = undefined
})
afterEach(async () => {
  await open?.close()
  stubs.remove()
})

const options = (over: Partial<RecorderOptions> = {}): RecorderOptions => ({
  ...{ program: 'auto', device: undefined, rateHz: 16_000, clock: realClock },
  environment: stubs.environment,
  ...over,
})

async function start(over: Partial<RecorderOptions> = {}): Promise<RunningRecorder> {
  open = await openRecorder(options(over), (pcm) => heard.push(...pcm))
  return open
}

async function until(done: () => boolean): Promise<void> {
  while (!done()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const noted = (name: string): string => readFileSync(join(stubs.folder, name), 'utf8')

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** 1, 2, 3 ... through all chunks: shows a sample that is lost, doubled or torn. */
const counting = '(n) => Array.from({ length: 320 }, (_, at) => (n * 320 + at) % 30000)'
const refusing = (words: string) =>
  `process.stderr.write(${JSON.stringify(words)}, () => process.exit(2))`

test('every sample is heard once and in order, though chunks end inside samples', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const recorder = await start()
  expect(recorder.program).toBe('sox')
  await until(() => heard.length >= 2000)
  expect(heard.slice(0, 2000)).toEqual(Array.from({ length: 2000 }, (_, n) => n))
})

test('the program is gone when it is closed, and that is no failure', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const recorder = await start()
  const pid = Number(noted('pid'))
  expect(isAlive(pid)).toBe(true)
  await recorder.close()
  expect(await recorder.ended).toBeUndefined()
  expect(isAlive(pid)).toBe(false)
  await recorder.close()
})

test('a program that does not heed SIGTERM is ended by force', async () => {
  stubs.add('sox', pacedRecorder(counting, `process.on('SIGTERM', () => undefined)`))
  const recorder = await start()
  const pid = Number(noted('pid'))
  await recorder.close()
  expect(isAlive(pid)).toBe(false)
})

test('what the program says when it ends by itself is told', async () => {
  const dies = refusing('the device\n was unplugged')
  stubs.add('sox', pacedRecorder(`(n) => { if (n < 3) return new Array(320).fill(5); ${dies} }`))
  const recorder = await start()
  expect(await recorder.ended).toBe('the device was unplugged')
  expect(heard).toHaveLength(960)
})

test('a killed program is told of as that', async () => {
  stubs.add('sox', pacedRecorder(counting))
  const recorder = await start()
  process.kill(Number(noted('pid')), 'SIGKILL')
  expect(await recorder.ended).toBe('it was ended by SIGKILL')
})

test('nothing is installed: a failure with the command that installs one', async () => {
  await expect(start()).rejects.toMatchObject({
    code: 'microphone_unavailable',
    message: expect.stringContaining('sudo apt-get install -y --no-install-recommends alsa-utils'),
  })
})

test.each([
  ['sox', 'sox libsox-fmt-alsa libsox-fmt-pulse'],
  ['rec', 'sox libsox-fmt-alsa libsox-fmt-pulse'],
  ['arecord', 'alsa-utils'],
  ['parecord', 'pulseaudio-utils'],
] as const)('%s is not installed: the packages that it is in', async (program, packages) => {
  await expect(start({ program })).rejects.toMatchObject({
    code: 'microphone_unavailable',
    message: `there is no recorder program: ${program} is not installed. This command installs one: sudo apt-get install -y --no-install-recommends ${packages}`,
  })
})

test('auto goes on to the next one when the first has no device', async () => {
  stubs.add('sox', refusing("sox FAIL formats: can't open input `default'"))
  stubs.add('parecord', pacedRecorder(counting))
  expect((await start()).program).toBe('parecord')
})

test('none has a device: what each says', async () => {
  stubs.add('sox', refusing('no default audio device'))
  stubs.add('arecord', refusing('audio open error'))
  await expect(start()).rejects.toMatchObject({
    code: 'microphone_unavailable',
    message:
      'no microphone can be heard; sox says: no default audio device; arecord says: audio open error',
  })
})

test('a program that gives nothing is given up and ended', async () => {
  stubs.add('sox', pacedRecorder('() => []'))
  const waits: number[] = []
  const hurried = {
    ...realClock,
    after: (delayMs: number, run: () => void) => {
      waits.push(delayMs)
      return realClock.after(delayMs / 10, run)
    },
  }
  await expect(start({ program: 'sox', clock: hurried })).rejects.toMatchObject({
    code: 'microphone_unavailable',
    message: 'no microphone can be heard; sox says: nothing, for 5 s',
  })
  expect(waits[0]).toBe(5_000)
  expect(existsSync(join(stubs.folder, 'pid')) && isAlive(Number(noted('pid')))).toBe(false)
})

test.each([
  ['sox', '--default-device', 'device=hw:1'],
  ['rec', '--rate 16000 --channels 1', 'device=hw:1'],
  ['arecord', '-D hw:1 -t raw -f S16_LE -c 1 -r 16000 -', 'device=undefined'],
  ['parecord', '--rate=16000', '--device=hw:1'],
] as const)('%s is told the rate and the device', async (program, ...said) => {
  stubs.add(program, pacedRecorder(counting))
  await start({ program, device: 'hw:1' })
  for (const words of said) expect(noted('arguments')).toContain(words)
})
