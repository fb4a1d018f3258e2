import { PassThrough } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { EventsReply } from '../dialect.ts'

/** Proxies and clients see that the connection is alive; those that are gone are noticed. */
const beatMs = 15_000
/** Unread by the client: it is cut off, and comes back for what it has missed. */
const maxWaitingBytes = 65_536
/** Whoever sends at the reader's pace waits above this; below the mark at which the stream says that it has drained. */
const fullBytes = 32_768

/** Answers with server-sent events (HTML standard section 9.2) until one of the two sides ends it. */
export async function sendEvents(
  request: FastifyRequest,
  reply: FastifyReply,
  { follow }: EventsReply,
  /** Calls back when the reader may read no more; returns how to let go. */
  mayRead: (end: () => void) => () => void,
): Promise<FastifyReply> {
  const stream = new PassThrough({ highWaterMark: 16_384 })
  const write = (text: string): void => {
    if (stream.writableEnded || stream.destroyed) return
    if (stream.writableLength + stream.readableLength > maxWaitingBytes) stream.destroy()
    else stream.write(text)
  }
  const begun = await follow(
    ({ name, id, data }) => {
      const cursor = id === undefined ? '' : `id: ${id}\n`
      write(`${cursor}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    () => stream.end(),
    { isFull: () => stream.writableLength + stream.readableLength > fullBytes },
  )
  const stop = typeof begun === 'function' ? begun : () => begun.stop()
  if (typeof begun !== 'function') stream.on('drain', () => begun.resume())
  const beat = setInterval(() => write(':\n\n'), beatMs)
  const letGo = mayRead(() => stream.end())
  const over = (): void => {
    clearInterval(beat)
    letGo()
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
