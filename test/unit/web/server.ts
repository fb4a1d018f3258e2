import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Log } from '../../../engine/core/ports/observe.ts'
import type { Delivery } from '../../../engine/core/ports/store.ts'
import type { OutgoingRequest } from '../../../engine/core/ports/web.ts'
import type { AllowedTarget } from '../../../engine/core/targets.ts'

export interface Request {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

export interface TestServer {
  readonly port: number
  readonly origin: string
  readonly requests: Request[]
  connections: number
  open: number
  readonly server: Server
}

/** A data folder that nothing can be put into, whoever runs the tests. */
export const nowhere = '/dev/null/nowhere'

export type Handler = (request: Request, response: ServerResponse) => void

/** A real HTTP server on a loopback address, closed with everything on it when the test is over. */
export async function serve(
  handler: Handler = (_request, response) => response.end(),
  address = '127.0.0.1',
  port = 0,
): Promise<TestServer> {
  const server = createServer((incoming, response) => {
    let body = ''
    incoming.setEncoding('utf8')
    incoming.on('data', (chunk: string) => {
      body += chunk
    })
    incoming.on('end', () => {
      const { method = '', url = '', headers } = incoming
      const request = { method, url, headers, body }
      state.requests.push(request)
      handler(request, response)
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, resolve)
  })
  const bound = (server.address() as AddressInfo).port
  const host = address.includes(':') ? `[${address}]` : address
  const state: TestServer = {
    port: bound,
    origin: `http://${host}:${bound}`,
    requests: [],
    connections: 0,
    open: 0,
    server,
  }
  server.on('connection', (socket) => {
    state.connections++
    state.open++
    socket.on('close', () => {
      state.open--
    })
  })
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return state
}

export const loopback: readonly AllowedTarget[] = [
  { kind: 'network', address: '127.0.0.0', prefixBits: 8 },
]

export const only = (address: string): readonly AllowedTarget[] => [
  { kind: 'network', address, prefixBits: address.includes(':') ? 128 : 32 },
]

/** Writes webhooks as the native API does: JSON, by POST, to the address as it was given. */
export const asJson =
  (bodyOf: (delivery: Delivery) => unknown) =>
  (delivery: Delivery): OutgoingRequest => ({
    url: delivery.url,
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(bodyOf(delivery)),
  })

/** A log that keeps the messages. */
export function testLog(messages: string[] = []): Log {
  const write = (message: string) => {
    messages.push(message)
  }
  return { debug: write, info: write, warn: write, error: write, child: () => testLog(messages) }
}

/** Polls until it holds; sockets are real, so there is nothing to advance. */
export async function until(holds: () => boolean, what = 'condition'): Promise<void> {
  const deadlineMs = Date.now() + 30_000
  while (!holds()) {
    if (Date.now() > deadlineMs) throw new Error(`never came: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
