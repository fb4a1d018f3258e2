import type { LookupAddress } from 'node:dns'
import type { Socket } from 'node:net'
import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import { beatMs, Heartbeat } from '../core/heartbeat.ts'
import type { OutgoingSocket, SocketListener, SocketRequest, Web } from '../core/ports/web.ts'
import { abortFailure, orAborted } from './abort.ts'
import { timeLimit } from './fetch.ts'
import type { Guard } from './guard.ts'
import { pinnedLookup } from './request.ts'
import { signedHeaders } from './signatures.ts'

/** For everything until it is open: names, connection, TLS, the server's answer. */
const opensWithinMs = 5_000
/** The largest message that is taken; a longer one ends the connection (close code 1009). */
const mostMessageBytes = 1_048_576
/** Unread by the server: it reads nothing any more. */
const mostUnreadBytes = 8_388_608
/** A server that does not answer our goodbye is cut off. */
const closeTimeout = 1_000

/** Whether an address may be dialled, as far as that can be told from it alone. Failure `url_not_allowed`. */
export function checkSocketUrl(guard: Guard, text: string, field?: string): URL {
  const match = /^ws(s?):(?=\/\/)/i.exec(text)
  if (match === null)
    throw new Failure('url_not_allowed', 'only ws and wss URLs can be used', field)
  // The same hosts and ports by the same rules as for a request.
  const url = guard.check(`http${match[1]}:${text.slice(match[0].length)}`, field)
  if (url.hash === '') return url
  throw new Failure('url_not_allowed', 'the URL of a WebSocket has no fragment', field)
}

/**
 * Dials WebSockets. Redirects are not followed, nothing is compressed, certificates are verified, and the connection
 * goes to the addresses that were checked and to no other.
 */
export function createSockets(guard: Guard, clock: Clock): Web['socket'] {
  return async (request, listener, signal) => {
    const url = checkSocketUrl(guard, request.url)
    const limit = timeLimit(clock, opensWithinMs, signal)
    try {
      const addresses = await orAborted(guard.resolve(url), limit.signal)
      const socket = dial(request, addresses, clock)
      return await opened(socket, url.host, listener, limit.signal)
    } finally {
      limit.release()
    }
  }
}

function dial(
  { url, secrets }: SocketRequest,
  addresses: readonly LookupAddress[],
  clock: Pick<Clock, 'nowMs'>,
): WebSocket {
  const signature = { header: 'x-twilio-signature', over: 'address-and-fields' } as const
  return new WebSocket(url, {
    ...{ followRedirects: false, perMessageDeflate: false, closeTimeout },
    maxPayload: mostMessageBytes,
    headers: {
      'user-agent': 'Ringdown',
      ...signedHeaders({ url, signature }, secrets, clock.nowMs()),
    },
    lookup: pinnedLookup(addresses),
  })
}

/** The line, once it is open. Rejects with `url_unreachable`, and the connection is gone. */
function opened(
  socket: WebSocket,
  host: string,
  listener: SocketListener,
  signal: AbortSignal,
): Promise<OutgoingSocket> {
  return new Promise((resolve, reject) => {
    const fail = (failure: Failure): void => {
      reject(failure)
      socket.terminate()
    }
    const onAbort = (): void => fail(abortFailure(signal))
    const onError = (error: NodeJS.ErrnoException): void => {
      const why = `${host}: ${error.code ?? error.message}`
      fail(new Failure('url_unreachable', why, undefined, { cause: error }))
    }
    socket.on('error', onError)
    socket.once('upgrade', ({ socket: stream }) => {
      socket.once('open', () => {
        socket.off('error', onError)
        signal.removeEventListener('abort', onAbort)
        // At once: what came with the answer is told next.
        resolve(new ServerLine(socket, stream, listener))
      })
    })
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}

/** An open connection to a server. */
class ServerLine implements OutgoingSocket {
  readonly #socket: WebSocket
  readonly #beat: NodeJS.Timeout
  #fault: string | undefined

  constructor(socket: WebSocket, stream: Socket, listener: SocketListener) {
    this.#socket = socket
    // Nothing is heard until whoever asked for it is ready.
    socket.pause()
    socket.on('message', (data: RawData, isBinary) => {
      listener.message(isBinary ? (data as Buffer) : String(data))
    })
    // What breaks the rules of WebSockets, or is too long; ws closes it with the code that suits.
    socket.on('error', ({ message }) => {
      this.#fault = message
    })
    socket.once('close', (code, reason) => {
      clearInterval(this.#beat)
      const isFault = this.#fault !== undefined
      listener.closed({ code, why: this.#fault ?? String(reason), isFault })
    })
    stream.on('drain', () => listener.drained())
    const heartbeat = new Heartbeat(socket)
    this.#beat = setInterval(() => heartbeat.beat(), beatMs)
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  send(message: string | Uint8Array): void {
    const { readyState, OPEN, bufferedAmount } = this.#socket
    if (readyState !== OPEN) return
    if (bufferedAmount > mostUnreadBytes) this.#socket.terminate()
    else this.#socket.send(message)
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  close(code: number, reason: string): void {
    this.#socket.resume()
    this.#socket.close(code, reason)
  }
}
