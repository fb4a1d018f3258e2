import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Media, MediaEvents } from '../core/ports/media.ts'
import type { Log } from '../core/ports/observe.ts'
import { MediaClient } from './client.ts'
import type { SilenceLimits } from './leg/silence-watch.ts'
import type { InbandDtmf } from './leg/tone-keys.ts'
import type { Notice, PlainRtp, ThreadSettings } from './messages.ts'
import { mostThreads, shareOfPorts } from './threads/port-shares.ts'
import type { MediaStatistics } from './threads/statistics.ts'
import { type StartWorker, WEBRTC_THREAD } from './threads/threads.ts'

export type { ThreadSettings, ThreadStatistics } from './messages.ts'

export interface MediaOptions {
  /** UDP ports for RTP; each leg takes an even one and the odd one above it. */
  readonly rtpPorts: { readonly first: number; readonly last: number }
  /** Address that the sockets are bound to, e.g. 0.0.0.0, 127.0.0.1, ::. */
  readonly bindAddress: string
  /** IP address that peers are told in SDP, where they are not known or `addressFor` is not given. */
  readonly publicAddress: string
  /** The address of ours that is reached from the one given. */
  addressFor?(peer: string): string
  /** How long a port rests after its last use; default 30 s. */
  readonly portRestMs?: number
  /** Default `sockets`; `mediasoup` sends plain RTP through a mediasoup worker of the media thread. */
  readonly plainRtp?: PlainRtp
  /** When keys are looked for in the sound of a peer; default `auto`. */
  readonly inbandDtmf?: InbandDtmf
  /** When a peer that is not heard any more is told of; default: after 20 s, and as gone after 60 s. */
  readonly silence?: SilenceLimits
  /** Where browsers reach us; undefined: not at all. `addresses`: see WebRtcSettings. */
  readonly webRtc?: { readonly port: number; readonly addresses: readonly string[] }
  /** Media threads; default: one. No more than there are pairs of ports. */
  readonly threads?: number
  /** Makes the thread: engine/media/worker.ts, or in tests one that can be ended or has a fault. */
  newWorker?(settings: ThreadSettings): Worker
  readonly log: Log
  /** The engine ends: what of it is gone before its turn is no fault. Default: it never does. */
  isEnding?(): boolean
}

export interface RunningMedia extends Media {
  /** Ends all legs (recordings are completed) and the thread. Idempotent. */
  shutDown(): Promise<void>
  stats(): Promise<MediaStatistics>
}

const PORT_REST_MS = 30_000
const SILENCE: SilenceLimits = { lostMs: 20_000, endMs: 60_000 }

/**
 * Starts the media thread. Rejects with an Error, fit for people, when the address can't be bound or
 * the thread does not come up.
 */
export async function startMedia(
  options: MediaOptions,
  events: MediaEvents,
): Promise<RunningMedia> {
  const { rtpPorts, bindAddress, publicAddress, addressFor, log } = options
  const threads = Math.min(options.threads ?? 1, mostThreads(rtpPorts))
  const start: StartWorker = (index) => startWorker(options, index, threads)
  const started = await Promise.allSettled(
    Array.from({ length: threads }, (_, index) => start(index)),
  )
  const workers = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find((one) => one.status === 'rejected')
  if (failed) {
    await Promise.all(workers.map((worker) => worker.terminate()))
    throw failed.reason
  }
  log.info('media threads are up', { threads, ...rtpPorts, bindAddress, publicAddress })
  return new MediaClient(
    workers,
    {
      ...{ bindAddress, publicAddress, ...(addressFor && { addressFor }), startWorker: start },
      died: (thread, reason) =>
        log.error('media thread died, another is started', { thread, reason }),
      cameUp: (thread) => log.info('media thread is up again', { thread }),
    },
    {
      digit: (callId, digit, durationMs) => events.digit(callId, digit, durationMs),
      held: (callId, held) => events.held(callId, held),
      silence: (callId, change, silentMs) => events.silence(callId, change, silentMs),
      recordingEnded: (callId, outcome) => events.recordingEnded(callId, outcome),
      recordingGap: (recordingId, spans) => events.recordingGap(recordingId, spans),
      quality: (callId, change, figures) => events.quality(callId, change, figures),
      roomRecordingEnded: (room, outcome) => events.roomRecordingEnded(room, outcome),
      speaking: (room, callId, speaking) => events.speaking(room, callId, speaking),
      loudest: (room, callId) => events.loudest(room, callId),
      connection: (callId, state) => events.connection(callId, state),
      lost: (reason) => {
        log.error('media threads are gone', { reason })
        events.lost(reason)
      },
    },
  )
}

/** Resolves when the thread is ready. */
async function startWorker(options: MediaOptions, index: number, threads: number): Promise<Worker> {
  const { publicAddress, log } = options
  const ports = shareOfPorts(options.rtpPorts, index, threads)
  const settings: ThreadSettings = {
    index,
    firstPort: ports.first,
    lastPort: ports.last,
    bindAddress: options.bindAddress,
    portRestMs: options.portRestMs ?? PORT_REST_MS,
    plainRtp: options.plainRtp ?? 'sockets',
    inbandDtmf: options.inbandDtmf ?? 'auto',
    silence: options.silence ?? SILENCE,
    // One port for all browsers is one thread's.
    webRtc:
      index === WEBRTC_THREAD ? options.webRtc && { ...options.webRtc, publicAddress } : undefined,
  }
  const worker = options.newWorker?.(settings) ?? newWorker(settings)
  worker.on('message', (notice: Notice) => {
    if (notice.is !== 'trouble') return
    // Ctrl-C in a terminal reaches the program of mediasoup too.
    const level = options.isEnding?.() ? 'info' : 'error'
    log[level]('media thread in trouble', { reason: notice.message })
  })
  // The first message is `ready`; an error of the thread rejects, and so does its end.
  const ended = once(worker, 'exit').then(([code]) => {
    throw new Error(`the media thread ended with code ${code}`)
  })
  await Promise.race([once(worker, 'message'), ended])
  return worker
}

const newWorker = (settings: ThreadSettings): Worker =>
  new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: settings,
    name: `media ${settings.index}`,
  })
