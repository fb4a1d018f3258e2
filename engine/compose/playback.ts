import { join } from 'node:path'
import { PeakShelf, PeaksPending, UnreadableAudio } from '../../recordings/index.ts'
import { LinkDesk } from '../app/recordings/links.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId, RecordingId } from '../core/ids.ts'
import type { LinkUse } from '../core/ports/recording-links.ts'
import type { RecordingPeaks } from '../core/ports/recording-peaks.ts'
import { createLinkSigner } from '../tokens/index.ts'
import { pageUrl } from './addresses.ts'
import type { Build } from './build.ts'
import { clock } from './clock.ts'
import { linkSecret } from './tokens.ts'

/** A page waits so long for peaks that have to be made; then it asks again. */
const patienceMs = 5_000

export interface Playback {
  readonly peaks: RecordingPeaks
  readonly links: LinkDesk
  /** Where a signed link leads, as clients reach it. */
  linkUrl(token: string, use: LinkUse): string
  /** A link to the sound, for webhooks; undefined: the account wants none there. */
  inWebhook(accountId: AccountId, id: RecordingId): string | undefined
}

/** What pages and programs have recordings played with. Peaks are made when a recording is kept, and go when it is erased. */
export async function openPlayback({ config, ports, closers }: PlaybackBuild): Promise<Playback> {
  const { store, recordingFiles, recordingSteps } = ports
  const shelf = new PeakShelf({
    folder: join(config.dataDir, 'peaks'),
    async open(recording) {
      const { stream } = await recordingFiles.open(recording)
      return { stream: bytesOf(stream) }
    },
  })
  closers.add(() => shelf.close())
  recordingSteps.kept.push((recording) => shelf.make(recording))
  recordingSteps.erased.push((recording) => shelf.remove(recording.id))
  const links = new LinkDesk({ store, clock, signer: createLinkSigner(linkSecret(config), clock) })
  await links.load()
  const linkUrl: Playback['linkUrl'] = (token, use) =>
    `${pageUrl(config, config.http.port)}/listen/${token}${use === 'audio' ? '/audio' : ''}`
  return {
    ...{ links, linkUrl, peaks: peaksOf(shelf) },
    inWebhook(accountId, id) {
      const token = links.inWebhook(accountId, id)
      return token === undefined ? undefined : linkUrl(token, 'audio')
    },
  }
}

type PlaybackBuild = Pick<Build, 'config' | 'ports' | 'closers'>

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    if (typeof piece === 'string') throw new Error('audio came as text')
    yield piece
  }
}

const peaksOf = (shelf: PeakShelf): RecordingPeaks => ({
  async read(recording, wanted) {
    try {
      return await shelf.read(recording, wanted, patienceMs)
    } catch (error) {
      if (error instanceof PeaksPending) {
        const text = 'The waveform is being made'
        throw new Failure('not_ready', text, undefined, { retryAfterS: 2 })
      }
      if (!(error instanceof UnreadableAudio)) throw error
      throw new Failure('invalid_audio', `the recording is not whole: ${error.message}`)
    }
  },
})
