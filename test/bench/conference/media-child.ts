import type { CallId, ConferenceId, RecordingId } from '../../../engine/core/ids.ts'
import type { MediaEvents } from '../../../engine/core/ports/media.ts'
import { type RunningMedia, startMedia } from '../../../engine/media/index.ts'
import { quietLog } from '../../media/start.ts'
import { answering } from '../child.ts'

/** The media engine in a process of its own, without SIP and HTTP before it. Run by `MediaProcess`. */

export type MediaQuestion =
  | {
      readonly is: 'start'
      readonly firstPort: number
      readonly lastPort: number
      /** When keys are looked for in the sound. */
      readonly keys: 'auto' | 'always' | 'off'
    }
  /** Opens a leg for each offer; the answer is the ports that SDP names. */
  | { readonly is: 'legs'; readonly offers: readonly string[] }
  /** All legs join one room. */
  | { readonly is: 'room' }
  /** Each leg of even number and the next one. */
  | { readonly is: 'bridges' }
  /** Every leg is recorded to a file of its own. */
  | { readonly is: 'record'; readonly folder: string; readonly format?: 'wav' | 'opus' }
  | { readonly is: 'statistics' }
  | { readonly is: 'shutDown' }

const ignored: MediaEvents = {
  digit: () => {},
  held: () => {},
  silence: () => {},
  quality: () => {},
  recordingEnded: () => {},
  recordingGap: () => {},
  roomRecordingEnded: () => {},
  speaking: () => {},
  loudest: () => {},
  connection: () => {},
  lost: (reason) => {
    throw new Error(reason)
  },
}

const room = 'bench' as ConferenceId
const member = {
  ...{ muted: false, deaf: false, heardBy: null, priority: false },
  ...{ gainInDb: 0, gainOutDb: 0 },
}
const legs: CallId[] = []
let media: RunningMedia | undefined

function running(): RunningMedia {
  if (!media) throw new Error('the media engine is not started')
  return media
}

async function open(offers: readonly string[]): Promise<number[]> {
  const ports: number[] = []
  for (const offer of offers) {
    const leg = `leg-${legs.length}` as CallId
    legs.push(leg)
    const answer = await running().answer(leg, offer)
    ports.push(Number(/^m=audio (\d+)/m.exec(answer)?.[1]))
  }
  return ports
}

answering(async (question: MediaQuestion): Promise<unknown> => {
  switch (question.is) {
    case 'start':
      media = await startMedia(
        {
          rtpPorts: { first: question.firstPort, last: question.lastPort },
          inbandDtmf: question.keys,
          ...{ bindAddress: '127.0.0.1', publicAddress: '127.0.0.1', log: quietLog },
        },
        ignored,
      )
      return undefined
    case 'legs':
      return open(question.offers)
    case 'room':
      await running().openRoom(room, { talkers: 3, gainControl: false, noiseGate: false })
      for (const leg of legs) await running().joinRoom(room, leg, member)
      return undefined
    case 'bridges':
      for (let n = 0; n + 1 < legs.length; n += 2) await running().bridge(legs[n]!, legs[n + 1]!)
      return undefined
    case 'record': {
      const { folder, format = 'wav' } = question
      const file = { format, rateHz: 8000 } as const
      for (const [n, leg] of legs.entries()) {
        const path = `${folder}/${leg}.${format}`
        await running().startRecording(leg, `r-${n}` as RecordingId, path, 'receivedLeft', file)
      }
      return undefined
    }
    case 'statistics':
      return running().stats()
    case 'shutDown':
      await running().shutDown()
      return undefined
  }
})
