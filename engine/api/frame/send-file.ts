import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { RecordingMedia } from '../../app/directory/ports.ts'
import { Failure } from '../../core/failures.ts'
import type { FileReply } from '../dialect.ts'
import { readRange } from './byte-range.ts'

/** Answers with a file: whole, one byte range, or its headers only (RFC 9110 sections 8.8, 13, 14). */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: FileReply,
  storage: RecordingMedia,
): Promise<FastifyReply> {
  const media = file.from ?? storage
  const found = await media.stat(file.path)
  if (found === undefined) throw new Failure('not_found', 'The file is not there any more')
  const etag = `"${found.bytes.toString(36)}-${Math.floor(found.modifiedMs).toString(36)}"`
  void reply
    .header('accept-ranges', 'bytes')
    .header('etag', etag)
    .header('cache-control', 'private, no-cache')
    .header('content-disposition', `inline; filename="${file.name}"`)
  if (request.headers['if-none-match'] === etag) return reply.code(304).send()

  // If-Range: the range counts only for the version that the client has part of.
  const ifRange = request.headers['if-range']
  const wanted = ifRange === undefined || ifRange === etag ? request.headers.range : undefined
  const range = readRange(wanted, found.bytes)
  if (range === 'unsatisfiable') {
    void reply.header('content-range', `bytes */${found.bytes}`)
    throw new Failure('range_not_satisfiable', `The recording has ${found.bytes} bytes`)
  }
  const { start, end } = range ?? { start: 0, end: found.bytes - 1 }
  void reply.type(file.type).header('content-length', end - start + 1)
  if (range) void reply.code(206).header('content-range', `bytes ${start}-${end}/${found.bytes}`)
  // Fastify takes a HEAD answer without a body for one of length 0; an empty stream it leaves alone.
  if (request.method === 'HEAD' || found.bytes === 0) return reply.send(Readable.from([]))
  return reply.send(media.read(file.path, start, end))
}
