import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { TextReply } from '../dialect.ts'

/** Answers with a text that is written while it is read: no more of it is in memory than what is on its way. */
export function sendText(
  request: FastifyRequest,
  reply: FastifyReply,
  { chunks, type, name }: TextReply,
): FastifyReply {
  void reply
    .type(type)
    .header('cache-control', 'private, no-store')
    .header('content-disposition', `attachment; filename="${name}"`)
  return reply.send(Readable.from(request.method === 'HEAD' ? [] : chunks))
}
