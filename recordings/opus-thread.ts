import { randomBytes } from 'node:crypto'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { OpusDesk } from './opus-desk.ts'
import type { OpusAsk } from './opus-messages.ts'

/** The thread that encodes the recordings of one media thread; it may wait for the disk. */

const main = parentPort
if (!main) throw new Error('This file runs as a worker thread only')

const WORK_EVERY_MS = 200

/** It gives way to audio that is heard now, and goes before what can be done later: transcripts, and other programs. */
const NICENESS = 2

try {
  // Not that of the media thread, whose it would be otherwise.
  setPriority(NICENESS)
} catch {
  // It goes on as it is.
}

const desk = new OpusDesk({
  tell: (told) => main.postMessage(told),
  nowMs: () => performance.now(),
  random: () => randomBytes(4).readUInt32LE(),
})
main.on('message', (ask: OpusAsk) => desk.ask(ask))
setInterval(() => desk.work(), WORK_EVERY_MS)
