import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import lpcm16 from 'node-record-lpcm16'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import { PcmBytes } from './pcm-bytes.ts'
import type { RecorderProgram } from './recorder-command.ts'

/*
 * The only file that knows node-record-lpcm16. What it does about its ways: a program that is missing is an
 * 'error' of the child, which would end the process; errors of the stream are strings, and there is one
 * whenever the program was stopped; samples flow from the next turn on, heard or not.
 */

export interface RecorderOptions {
  /** `auto`: the first that is installed and gives sound. */
  readonly program: RecorderProgram | 'auto'
  /** As the program names it; undefined: the system's own choice. */
  readonly device: string | undefined
  readonly rateHz: number
  /** Of the program. */
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export interface RunningRecorder {
  readonly program: RecorderProgram
  /** Settles when the program is no more: with what it said, unless that was our wish. Never rejects. */
  readonly ended: Promise<string | undefined>
  /** Ends the program, by force when it does not go. */
  close(): Promise<void>
}

const inOrder: readonly RecorderProgram[] = ['sox', 'arecord', 'parecord']
const packagesOf: Readonly<Record<RecorderProgram, string>> = {
  sox: 'sox libsox-fmt-alsa libsox-fmt-pulse',
  rec: 'sox libsox-fmt-alsa libsox-fmt-pulse',
  arecord: 'alsa-utils',
  parecord: 'pulseaudio-utils',
}
/** PulseAudio takes two seconds to wake a device up. */
const firstSoundWithinMs = 5_000
const goesWithinMs = 1_000
const maxWords = 500
const commandFile = fileURLToPath(new URL('./recorder-command.ts', import.meta.url))

/** Why a program gives no sound. */
interface Silent {
  readonly program: RecorderProgram
  readonly isMissing: boolean
  readonly says: string
}

/**
 * Starts a recorder program; resolves when the first samples have come. `heard` gets them all, 16-bit mono.
 * Failure `microphone_unavailable`, with the apt command where nothing is installed.
 */
export async function openRecorder(
  options: RecorderOptions,
  heard: (pcm: Int16Array) => void,
): Promise<RunningRecorder> {
  const silent: Silent[] = []
  for (const program of options.program === 'auto' ? inOrder : [options.program]) {
    const begun = await begin(options, program, heard)
    if ('close' in begun) return begun
    silent.push(begun)
  }
  throw new Failure('microphone_unavailable', whyNone(options.program, silent))
}

function whyNone(wanted: RecorderOptions['program'], silent: readonly Silent[]): string {
  const there = silent.filter(({ isMissing }) => !isMissing)
  if (there.length > 0) {
    const words = there.map(({ program, says }) => `${program} says: ${says}`)
    return `no microphone can be heard; ${words.join('; ')}`
  }
  const [what, packages] =
    wanted === 'auto'
      ? [`none of ${inOrder.join(', ')} is installed`, packagesOf.arecord]
      : [`${wanted} is not installed`, packagesOf[wanted]]
  const command = `sudo apt-get install -y --no-install-recommends ${packages}`
  return `there is no recorder program: ${what}. This command installs one: ${command}`
}

async function begin(
  { device, rateHz, environment, clock }: RecorderOptions,
  program: RecorderProgram,
  heard: (pcm: Int16Array) => void,
): Promise<RunningRecorder | Silent> {
  const bytes = new PcmBytes()
  const child = new Child(clock)
  const first = Promise.withResolvers<'heard'>()
  try {
    const recording = lpcm16.record({
      ...{ recorder: commandFile, program, device, environment },
      ...{ sampleRate: rateHz, channels: 1, audioType: 'raw' },
    })
    child.adopt(recording.process, () => recording.stop())
    recording
      .stream()
      // A string, and told by the end of the program anyway.
      .on('error', () => undefined)
      .on('data', (chunk: Buffer) => {
        heard(bytes.samplesOf(chunk))
        first.resolve('heard')
      })
  } catch (error) {
    return { program, isMissing: false, says: String(error) }
  }
  const late = Promise.withResolvers<'late'>()
  const disarm = clock.after(firstSoundWithinMs, () => late.resolve('late'))
  const what = await Promise.race([first.promise, late.promise, child.ended])
  disarm()
  if (what === 'heard') return { program, ended: child.ended, close: () => child.close() }
  await child.close()
  const says = what === 'late' ? `nothing, for ${firstSoundWithinMs / 1000} s` : what
  return { program, isMissing: child.isMissing, says: says ?? 'nothing' }
}

/** The recorder program as a process. */
class Child {
  isMissing = false
  readonly ended: Promise<string | undefined>
  readonly #clock: Clock
  readonly #end: (words: string | undefined) => void
  #process: ChildProcess | undefined
  #stop: () => void = () => undefined
  #words = ''
  #isWished = false

  constructor(clock: Clock) {
    const { promise, resolve } = Promise.withResolvers<string | undefined>()
    this.ended = promise
    this.#end = resolve
    this.#clock = clock
  }

  adopt(process: ChildProcess, stop: () => void): void {
    this.#process = process
    this.#stop = stop
    process.on('error', (error: NodeJS.ErrnoException) => {
      // It may also be a signal that could not be sent.
      if (process.pid !== undefined) return
      this.isMissing = error.code === 'ENOENT'
      this.#end(error.message)
    })
    process.stderr?.on('data', (words: Buffer) => {
      this.#words = `${this.#words}${words.toString()}`.slice(-maxWords)
    })
    process.on('close', (code, signal) => {
      const how = signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`
      this.#end(this.#isWished ? undefined : this.#words.trim().replaceAll(/\s+/g, ' ') || how)
    })
  }

  async close(): Promise<void> {
    this.#isWished = true
    this.#stop()
    const disarm = this.#clock.after(goesWithinMs, () => this.#process?.kill('SIGKILL'))
    await this.ended
    disarm()
  }
}
