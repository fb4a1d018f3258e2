/** The socket of a call's audio over real connections: who is let in, and how it ends. */
import { once } from 'node:events'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { WebSocket } from 'ws'
import { type RunningApi, startApi } from '../../../../engine/api/server.ts'
import { type ApiLab, apiLab, callRecord, key, otherKey } from '../api-lab.ts'
import { urlOf } from './socket-lab.ts'

let lab: ApiLab
let api: RunningApi
const { id } = callRecord()
beforeEach(async () => {
  lab = await apiLab({ limits: { requestsPerSecond: 1_000 } })
  api = await startApi(lab.options)
  await lab.store.calls.commit(callRecord(), [])
})
afterEach(async () => {
  await api.close()
  await lab.close()
})

const path = `/v1/voice/calls/${id}/media`
const connect = (at = path, shown: string | undefined = key) =>
  new WebSocket(urlOf(api, at), shown === undefined ? {} : { headers: { 'x-api-key': shown } })

async function refusal(socket: WebSocket): Promise<number | undefined> {
  socket.on('error', () => undefined)
  const [, response] = await once(socket, 'unexpected-response')
  socket.terminate()
  return response.statusCode
}

async function opened(at = path) {
  const socket = connect(at)
  const told: unknown[] = []
  const audio: Buffer[] = []
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) audio.push(data)
    else told.push(JSON.parse(String(data)))
  })
  await vi.waitFor(() => expect(told).toHaveLength(1), { timeout: 30_000 })
  return { socket, told, audio }
}

test('nobody without a key, no call of others, none that is not there, nothing unknown', async () => {
  expect(await refusal(connect(path, ''))).toBe(401)
  expect(await refusal(connect(path, 'sk_live_wrong'))).toBe(401)
  expect(await refusal(connect(path, otherKey))).toBe(404)
  expect(await refusal(connect(path.replace(id, 'x')))).toBe(404)
  expect(await refusal(connect(`${path}?format=MP3`))).toBe(400)
})

test('a refusal has the number of the request', async () => {
  const socket = connect(path, otherKey)
  socket.on('error', () => undefined)
  const [, response] = await once(socket, 'unexpected-response')
  let text = ''
  for await (const part of response) text += part
  socket.terminate()
  expect(JSON.parse(text).error.request_id).toMatch(/^req_[0-9a-f]{32}$/)
})

test('audio both ways, and the end of the call', async () => {
  const { socket, told, audio } = await opened(`${path}?format=PCMU&tracks=both`)
  expect(told[0]).toEqual({
    ...{ event: 'start', stream_id: 'stream-1', call_id: id, format: 'PCMU', rate: 8000 },
    ...{ tracks: ['received', 'sent'], speak: 'mix', framing: 'header', frame_ms: 20 },
    buffer_ms: 10_000,
  })
  socket.send(Buffer.alloc(160))
  socket.send(JSON.stringify({ event: 'mark', name: 'end' }))
  await vi.waitFor(
    () => {
      expect(lab.streams.asked).toEqual([
        ['speak', 160],
        ['mark', 1],
      ])
    },
    { timeout: 30_000 },
  )
  const payload = Uint8Array.of(1, 2, 3)
  lab.streams.listener?.audio({ track: 'sent', sequence: 1, atMs: 20, payload })
  lab.streams.listener?.marked(1, false)
  await vi.waitFor(() => expect(told).toHaveLength(2), { timeout: 30_000 })
  expect(told[1]).toEqual({ event: 'mark', name: 'end' })
  expect([...audio[0]!.subarray(-3)]).toEqual([1, 2, 3])
  lab.streams.listener?.ended()
  const [code] = await once(socket, 'close')
  expect(code).toBe(4410)
})

test('a client that goes takes its stream along', async () => {
  const { socket } = await opened()
  socket.terminate()
  await vi.waitFor(() => expect(lab.streams.asked).toEqual([['close']]), { timeout: 30_000 })
})

test('ends with the engine', async () => {
  const { socket } = await opened()
  const closed = once(socket, 'close')
  await api.close()
  expect((await closed)[0]).toBe(1001)
})
