import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RecordingMedia } from '../../app/directory/ports.ts'
import { Failure } from '../../core/failures.ts'
import type { OpenRecording, RecordingRecord } from '../../core/ports/recordings.ts'
import type { RecordingReply } from '../dialect.ts'
import { type ByteRange, readRange } from './byte-range.ts'

const types = { wav: 'audio/wav', opus: 'audio/ogg' } as const

/**
 * Answers with the audio of a recording, wherever that is: whole, one byte range, or its headers only (RFC 9110
 * sections 8.8, 13, 14). What was recorded does not change, so its tag is good for as long as it is there.
 */
export async function sendRecording(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: RecordingReply,
  media: Pick<RecordingMedia, 'open' | 'openSealed'>,
): Promise<FastifyReply> {
  const { recording, isSealed } = answer
  const { etag, type, disposition } = lookOf(answer)
  void reply
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('cache-control', 'private, no-cache')
    .header('content-disposition', disposition)
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()

  // If-Range: the range counts only for the version that the client has part of.
  const ifRange = request.headers['if-range']
  const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined
  const { open, range } = await opened(recording, wanted, isSealed ? sealed(media) : media)
  const { bytes, stream } = open
  if (range === 'unsatisfiable') {
    discard(stream)
    void reply.header('content-range', `bytes */${bytes}`)
    throw new Failure('range_not_satisfiable', `The recording has ${bytes} bytes`)
  }
  const { start, end } = range ?? { start: 0, end: bytes - 1 }
  void reply.type(type).header('content-length', end - start + 1)
  if (range) void reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`)
  // Fastify takes a HEAD answer without a body for one of length 0; an empty stream it leaves alone.
  if (request.method === 'HEAD' || bytes === 0) {
    discard(stream)
    return reply.send(Readable.from([]))
  }
  return reply.send(stream)
}

/** An encrypted file is another one, which no browser plays. */
function lookOf({ recording, asAttachment, isSealed = false }: RecordingReply) {
  const { sha256, id, bytes, format = 'wav' } = recording
  const tag = sha256?.slice(0, 32) ?? `${id}-${bytes ?? 0}`
  const name = fileName(recording)
  if (isSealed) {
    const disposition = `attachment; filename="${name}.sealed"`
    return { etag: `"${tag}-sealed"`, type: 'application/octet-stream', disposition }
  }
  const how = asAttachment ? 'attachment' : 'inline'
  return { etag: `"${tag}"`, type: types[format], disposition: `${how}; filename="${name}"` }
}

const sealed = (media: Pick<RecordingMedia, 'openSealed'>): Pick<RecordingMedia, 'open'> => ({
  async open(recording, range) {
    const found = await media.openSealed(recording, range)
    if (found) return found
    throw new Failure('invalid_request', 'The recording is not encrypted', 'sealed')
  },
})

/** Opened at the range that was asked for, by the length that is known; again where the length was another. */
async function opened(
  recording: RecordingRecord,
  wanted: string | undefined,
  media: Pick<RecordingMedia, 'open'>,
): Promise<{ open: OpenRecording; range: ByteRange | 'unsatisfiable' | undefined }> {
  if (wanted === undefined) return { open: await media.open(recording), range: undefined }
  const guess = readRange(wanted, recording.bytes ?? 0)
  const open = await media.open(recording, typeof guess === 'object' ? guess : undefined)
  if (open.bytes === recording.bytes) return { open, range: guess }
  const range = readRange(wanted, open.bytes)
  discard(open.stream)
  return { open: await media.open(recording, typeof range === 'object' ? range : undefined), range }
}

/** Its file is closed, and what it may still say is nobody's concern. */
function discard(stream: NodeJS.ReadableStream): void {
  stream.on('error', () => undefined)
  if (stream instanceof Readable) stream.destroy()
}

/** By when it was made, and enough of its id to find it again. */
function fileName({ id, createdAtMs, format = 'wav' }: RecordingRecord): string {
  const time = new Date(createdAtMs).toISOString().slice(0, 19).replaceAll(':', '-')
  return `recording-${time}Z-${id.slice(0, 8)}.${format}`
}
