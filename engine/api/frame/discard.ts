import type { IncomingMessage } from 'node:http'

const maxDiscardMs = 2_000
const maxDiscardBytes = 64 * 1_048_576

/**
 * Reads what is left of a body and throws it away, for a while: a client that is cut off while it is
 * still sending gets a broken connection and never reads why. Never rejects.
 */
export function discardBody(request: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (request.readableEnded || request.destroyed) return Promise.resolve()
  let leftBytes = maxDiscardBytes
  const timer = setTimeout(done, maxDiscardMs)
  const onData = (chunk: Buffer): void => {
    leftBytes -= chunk.length
    if (leftBytes < 0) done()
  }
  function done(): void {
    clearTimeout(timer)
    request.off('data', onData)
    resolve()
  }
  request.on('data', onData)
  for (const end of ['end', 'close', 'error']) request.once(end, done)
  return promise
}
