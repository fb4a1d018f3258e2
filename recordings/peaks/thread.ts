/** The thread that makes peaks: takes the files of recordings one after the other, piece by piece. */
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { dirname } from 'node:path'
import { parentPort } from 'node:worker_threads'
import { PeakGatherer } from './gather.ts'
import { type SoundReader, soundReader } from './sound.ts'

export type ToThread =
  | { readonly begin: 'wav' | 'opus'; readonly path: string }
  | { readonly bytes: Uint8Array }
  | 'end'
  | 'drop'

/** `taken`: room for another piece. `fault`: why there are no peaks of it; its other pieces are passed over. */
export type FromThread = 'taken' | 'done' | { readonly fault: string }

interface Job {
  readonly path: string
  readonly reader: SoundReader
  gatherer: PeakGatherer | undefined
}

const port = parentPort
let job: Job | undefined
let turn: Promise<void> = Promise.resolve()

try {
  // Of this thread alone on Linux: calls come first.
  setPriority(10)
} catch {
  // Not allowed everywhere, and not needed.
}

async function begin(format: 'wav' | 'opus', path: string): Promise<void> {
  const taker = {
    begins: (channels: number, rateHz: number) => {
      if (job) job.gatherer = new PeakGatherer(channels, rateHz)
    },
    takes: (samples: Int16Array) => job?.gatherer?.take(samples),
  }
  job = { path, reader: await soundReader(format, taker), gatherer: undefined }
}

async function end(): Promise<void> {
  if (job === undefined) return
  await job.reader.end()
  const { path, gatherer } = job
  job = undefined
  if (gatherer === undefined) throw new Error('there is no sound in it')
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const beside = `${path}.new`
  try {
    await writeFile(beside, gatherer.finish(), { mode: 0o600 })
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
  port?.postMessage('done' satisfies FromThread)
}

async function carryOut(message: ToThread): Promise<void> {
  try {
    if (message === 'end') await end()
    else if (message === 'drop') job = undefined
    else if ('begin' in message) await begin(message.begin, message.path)
    else {
      await job?.reader.take(message.bytes)
      port?.postMessage('taken' satisfies FromThread)
    }
  } catch (error) {
    job = undefined
    const fault = error instanceof Error ? error.message : String(error)
    port?.postMessage({ fault } satisfies FromThread)
  }
}

port?.on('message', (message: ToThread) => {
  turn = turn.then(() => carryOut(message))
})
