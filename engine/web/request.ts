import type { LookupAddress } from 'node:dns'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { LookupFunction } from 'node:net'
import { Failure } from '../core/failures.ts'
import { abortFailure } from './abort.ts'

export type Method = 'GET' | 'POST'

export interface Outgoing {
  readonly method: Method
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** Cut off beyond; 0 = the body of the answer is not wanted. */
  readonly maxBytes: number
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: Buffer
}

/**
 * One request over a connection of its own to one of the addresses, never to anywhere else. Rejects with
 * Failure `url_unreachable`; the socket is gone whenever the promise is settled.
 */
export function requestOnce(
  url: URL,
  addresses: readonly LookupAddress[],
  outgoing: Outgoing,
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const request = send(url, optionsOf(addresses, outgoing, signal))
    const fail = (error: Error): void => {
      reject(signal.aborted ? abortFailure(signal) : unreachable(url, error))
      request.destroy()
    }
    request.on('error', fail)
    // 101 was not asked for.
    request.on('upgrade', () => fail(new Error('the server changed the protocol')))
    request.on('response', (response) => {
      // Where nobody reads the body, its end before time is nobody's concern.
      response.on('error', () => undefined)
      readBody(response, outgoing.maxBytes).then((body) => {
        resolve({ status: response.statusCode ?? 0, headers: headersOf(response), body })
        request.destroy()
      }, fail)
    })
    request.end(outgoing.body)
  })
}

function optionsOf(
  addresses: readonly LookupAddress[],
  { method, headers, body }: Outgoing,
  signal: AbortSignal,
): RequestOptions {
  const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` }
  return {
    method,
    headers: {
      'user-agent': 'Ringdown',
      'accept-encoding': 'identity',
      ...headers,
      ...length,
    },
    // No pool: a connection that was checked for one request is never used for another.
    agent: false,
    signal,
    lookup: pinnedLookup(addresses),
  }
}

/** Names lead to these addresses, whatever anybody else says. */
export const pinnedLookup =
  (addresses: readonly LookupAddress[]): LookupFunction =>
  (_name, { all }, done) => {
    const first = addresses[0]!
    if (all === true) done(null, [...addresses])
    else done(null, first.address, first.family)
  }

async function readBody(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  if (maxBytes === 0) return Buffer.alloc(0)
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const encoding = response.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity') throw new Error(`the answer is encoded (${encoding.slice(0, 20)})`)
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > maxBytes) throw tooLarge(maxBytes)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const tooLarge = (maxBytes: number): Error =>
  new Error(`the answer is larger than ${maxBytes} bytes`)

const headersOf = (response: IncomingMessage): Answer['headers'] =>
  Object.fromEntries(
    Object.entries(response.headers).map(([name, value]) => [name, value?.toString()]),
  )

function unreachable(url: URL, error: Error): Failure {
  if (error instanceof Failure) return error
  const { code } = error as NodeJS.ErrnoException
  const why = code === undefined ? error.message : code
  return new Failure('url_unreachable', `${url.host}: ${why}`, undefined, { cause: error })
}
