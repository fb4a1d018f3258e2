import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Json } from './engine-process.ts'

export interface Asked {
  readonly path: string
  /** The path and the query as they came. */
  readonly target: string
  readonly method: string
  readonly headers: IncomingMessage['headers']
  readonly text: string
  readonly json: Json
  readonly atMs: number
}

/** The HTTP side of somebody who uses the engine: keeps what it is asked and answers as it is told. */
export interface Application {
  readonly url: string
  readonly asked: readonly Asked[]
  /** What this path answers from now on; without it 404. */
  on(path: string, answer: (response: ServerResponse, asked: Asked) => void): void
  /** A path that answers with JSON. */
  json(path: string, body: unknown): void
  close(): Promise<void>
}

export async function startApplication(port = 0): Promise<Application> {
  const asked: Asked[] = []
  const answers = new Map<string, (response: ServerResponse, asked: Asked) => void>()
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      const target = request.url ?? ''
      const path = target.split('?')[0]!
      const { method = '', headers } = request
      const isJson = headers['content-type'] === 'application/json'
      const json = isJson ? JSON.parse(text) : undefined
      const one = { path, target, method, headers, text, json, atMs: Date.now() }
      asked.push(one)
      const answer = answers.get(path)
      if (answer) answer(response, one)
      else response.writeHead(404).end()
    })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    on: (path, answer) => answers.set(path, answer),
    json: (path, body) =>
      answers.set(path, (response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
      }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
