import { randomBytes } from 'node:crypto'
import { constants, setPriority } from 'node:os'
import { parentPort, workerData } from 'node:worker_threads'
import { OpusRecorders } from '../../recordings/opus-recorder.ts'
import { RecordingWriter } from '../../recordings/writer.ts'
import { FRAME_MS } from './leg/codec.ts'
import type { OpenRecorder } from './leg/recorder.ts'
import type { Command, Notice, ThreadSettings } from './messages.ts'
import { openPorts } from './rtp/open-ports.ts'
import { bindUdp, closeUdp } from './rtp/udp-socket.ts'
import { MediaThread } from './thread.ts'
import { Pacer } from './tick/pacer.ts'

/**
 * The media thread: composition root of everything in it (like engine/main.ts for the whole, hence the
 * imports from recordings/).
 */

const settings = workerData as ThreadSettings
const main = parentPort
if (!main) throw new Error('This file runs as a worker thread only')

const startMs = performance.now()
const nowMs = (): number => Math.trunc(performance.now())
const random = (): number => randomBytes(4).readUInt32LE()

/** On Linux this is about the calling thread alone. Without the privilege the thread goes on as it is. */
function askForPriority(): void {
  try {
    setPriority(constants.priority.PRIORITY_HIGH)
  } catch {
    // EACCES or EPERM: not root.
  }
}

askForPriority()

// An address that is not ours, or no permission, should fail now and not at the first call.
await closeUdp(await bindUdp(settings.bindAddress, 0))

const tell = (notice: Notice): void => main.postMessage(notice)

/** The first message is `ready`. */
let troubles: string[] | undefined = []
const trouble = (message: string): void => {
  if (troubles) troubles.push(message)
  else tell({ is: 'trouble', message })
}

const ports = await openPorts(settings, { nowMs, random: () => random() / 2 ** 32, trouble })

const cpuMs = (): number => {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** WAV is written from here, Opus encoded and written by a thread that begins with the first of its recordings. */
const opusRecorders = new OpusRecorders()
const openRecorder: OpenRecorder = ({ format, ...terms }, onFailure) =>
  format === 'opus'
    ? opusRecorders.open({ ...terms, onFailure })
    : new RecordingWriter({ ...terms, onFailure })

const thread: MediaThread = new MediaThread({
  index: settings.index,
  ports,
  nowMs,
  preciseMs: () => performance.now(),
  random,
  inbandDtmf: settings.inbandDtmf,
  silence: settings.silence,
  openRecorder,
  tell,
  pace: () => ({
    lateness: pacer.lateness.snapshot(),
    tickLateness: pacer.lateness.summary(),
    ticksSkipped: pacer.skipped,
    cpuMs: cpuMs(),
    upMs: performance.now() - startMs,
  }),
})

const pacer = new Pacer(
  FRAME_MS,
  {
    nowMs: () => performance.now(),
    after: (delayMs, run) => {
      const timer = setTimeout(run, delayMs)
      return () => clearTimeout(timer)
    },
  },
  thread,
)

main.on('message', (command: Command) => {
  void thread.handle(command).then(() => {
    if (command.is !== 'shutDown') return
    pacer.stop()
    // Nothing is left that keeps the thread alive.
    main.close()
  })
})
pacer.start()
tell({ is: 'ready' })
for (const message of troubles) tell({ is: 'trouble', message })
troubles = undefined
