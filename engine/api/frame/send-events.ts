import { PassThrough } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventsReply } from '../dialect.ts'

/** Proxies and clients see that the connection is alive; those that are gone are noticed. */
const beatMs = 15_000
/** Unread by the client: it is cut off, and comes back for what it has missed. */
const maxWaitingBytes = 65_536

/** Answers with server-sent events (HTML standard section 9.2) until one of the two sides ends it. */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { follow }: EventsReply,
): Promise<FastifyReply> {
  const stream = new PassThrough()
  const write = (text: string): void => {
    if (stream.writableEnded || stream.destroyed) return
    if (stream.writableLength + stream.readableLength > maxWaitingBytes) stream.destroy()
    else stream.write(text)
  }
  const stop = await follow(
    ({ name, id, data }) => write(`id: ${id}\nevent: ${name}\ndata: ${JSON.stringify(data)}\n\n`),
    () => stream.end(),
  )
  const beat = setInterval(() => write(':\n\n'), beatMs)
  const over = (): void => {
    clearInterval(beat)
    stop()
  }
  // It may have been cut off while it began.
  if (stream.destroyed) over()
  else stream.once('close', over)
  stream.on('error', () => stream.destroy())
  void reply
    .type('text/event-stream')
    .header('cache-control', 'no-store')
    // nginx would collect what is to arrive at once
    .header('x-accel-buffering', 'no')
    // once it has ended nobody waits for this connection, least of all an engine that stops
    .header('connection', 'close')
  if (request.method === 'HEAD') stream.end()
  return reply.send(stream)
}
