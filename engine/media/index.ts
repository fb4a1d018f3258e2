import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Media, MediaEvents } from '../core/ports/media.ts'
import type { Log } from '../core/ports/observe.ts'
import { MediaClient } from './client.ts'
import type { SilenceLimits } from './leg/silence-watch.ts'
import type { InbandDtmf } from './leg/tone-keys.ts'
import type { Notice, PlainRtp, ThreadSettings, ThreadStatistics } from './messages.ts'

export type { ThreadStatistics } from './messages.ts'

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
  readonly log: Log
}

export interface RunningMedia extends Media {
  /** Ends all legs (recordings are completed) and the thread. Idempotent. */
  shutDown(): Promise<void>
  stats(): Promise<ThreadStatistics>
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
  const { rtpPorts, bindAddress, publicAddress, log } = options
  const settings: ThreadSettings = {
    firstPort: rtpPorts.first,
    lastPort: rtpPorts.last,
    bindAddress,
    portRestMs: options.portRestMs ?? PORT_REST_MS,
    plainRtp: options.plainRtp ?? 'sockets',
    inbandDtmf: options.inbandDtmf ?? 'auto',
    silence: options.silence ?? SILENCE,
    webRtc: options.webRtc && { ...options.webRtc, publicAddress },
  }
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: settings,
    name: 'media',
  })
  worker.on('message', (notice: Notice) => {
    if (notice.is === 'trouble') log.error('media thread in trouble', { reason: notice.message })
  })
  // The first message is `ready`; an error of the thread rejects.
  await once(worker, 'message')
  log.info('media thread is up', { ...rtpPorts, bindAddress, publicAddress })
  return new MediaClient(
    worker,
    { bindAddress, publicAddress, ...(options.addressFor && { addressFor: options.addressFor }) },
    {
      digit: (callId, digit, durationMs) => events.digit(callId, digit, durationMs),
      held: (callId, held) => events.held(callId, held),
      silence: (callId, change, silentMs) => events.silence(callId, change, silentMs),
      recordingEnded: (callId, outcome) => events.recordingEnded(callId, outcome),
      roomRecordingEnded: (room, outcome) => events.roomRecordingEnded(room, outcome),
      speaking: (room, callId, speaking) => events.speaking(room, callId, speaking),
      loudest: (room, callId) => events.loudest(room, callId),
      connection: (callId, state) => events.connection(callId, state),
      lost: (reason) => {
        log.error('media thread is gone', { reason })
        events.lost(reason)
      },
    },
  )
}
