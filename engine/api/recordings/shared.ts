import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OpenedLink } from '../../app/recordings/links.ts'
import { recordingStory } from '../../app/recordings/story.ts'
import { Failure } from '../../core/failures.ts'
import type { RecordingRecord } from '../../core/ports/recordings.ts'
import type { RateLimit } from '../frame/rate-limit.ts'
import { sendRecording } from '../frame/send-recording.ts'
import { checker, readQuery } from '../frame/validate.ts'
import type { ApiOptions } from '../options.ts'
import { peaksQuerySchema, readPeaksQuery, renderPeaks, renderStory } from './show.ts'

/** Below it is everything that a signed link opens; the page itself is `/listen/<token>`. */
const base = '/listen/:token'

interface Asked {
  readonly Params: { readonly token: string }
  readonly Querystring: Readonly<Record<string, string>>
}

/**
 * What whoever has a signed link may ask, without a key: the audio, and with a link to the page what that shows. All
 * that is wrong with a link is answered alike.
 */
export function addSharedRecordings(
  app: FastifyInstance,
  { services, plainHttp }: ApiOptions,
  limit: RateLimit,
): void {
  const { directory, recordingLinks, recordingPeaks } = services
  const checkPeaks = checker(peaksQuerySchema)
  const enter = (request: FastifyRequest<Asked>): Promise<OpenedLink> => {
    if (plainHttp === 'refuse' && request.protocol.toLowerCase() !== 'https') {
      throw new Failure('https_required', 'This is served over HTTPS only')
    }
    const retryAfterS = limit.take(`listener ${request.ip}`)
    if (retryAfterS > 0) {
      throw new Failure('rate_limited', 'Too many requests', undefined, { retryAfterS })
    }
    return recordingLinks.open(request.params.token)
  }
  const enterPage = async (request: FastifyRequest<Asked>): Promise<OpenedLink> => {
    const opened = await enter(request)
    if (opened.use === 'page') return opened
    throw new Failure('not_found', 'This link is to the audio alone')
  }
  app.get<Asked>(`${base}/audio`, async (request, reply) => {
    const { recording } = await enter(request)
    const asAttachment = request.query['download'] !== undefined
    const sent = { recording, asAttachment }
    return sendRecording(request, hidden(reply), sent, directory.recordingMedia)
  })
  app.get<Asked>(`${base}/details`, async (request, reply) => {
    const { recording, expiresAtMs } = await enterPage(request)
    const story = await recordingStory(directory.store, recording, { hidesDigits: true })
    hidden(reply)
    return { ...renderStory(story), ...details(recording), expires_at: isoTime(expiresAtMs) }
  })
  app.get<Asked>(`${base}/peaks`, async (request, reply) => {
    const { recording } = await enterPage(request)
    const query = readQuery(peaksQuerySchema, request.query)
    checkPeaks(query)
    hidden(reply)
    return renderPeaks(await recordingPeaks.read(recording, readPeaksQuery(query)))
  })
}

/** Not for search engines. */
function hidden<Reply extends { header(name: string, value: string): unknown }>(
  reply: Reply,
): Reply {
  reply.header('x-robots-tag', 'noindex')
  return reply
}

const isoTime = (ms: number): string => new Date(ms).toISOString()

function details(recording: RecordingRecord) {
  const { durationMs, channels, format = 'wav', spans = [], transcript } = recording
  return {
    ...{ duration: (durationMs ?? 0) / 1000, channels, format, bytes: recording.bytes },
    spans: spans.map(({ kind, startMs, endMs, heldMs }) => ({
      ...{ kind, start: startMs / 1000, end: endMs / 1000 },
      held: heldMs === undefined ? null : heldMs / 1000,
    })),
    transcript_status: recording.transcriptStatus ?? null,
    segments: (transcript?.segments ?? []).map(({ startMs, endMs, channel, text }) => ({
      ...{ start: startMs / 1000, end: endMs / 1000, channel, text },
    })),
  }
}
