/** The log at the WebSocket of a whole engine that is killed: nothing is missed, nothing comes twice. */
import { afterEach, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

let engine: EngineProcess | undefined
afterEach(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
})

/** Follows from that number on until the connection is gone; the numbers that came. */
function listen(of: EngineProcess, after: number) {
  const numbers: number[] = []
  const socket = new WebSocket(`${of.httpUrl.replace('http', 'ws')}/v1/voice/ws`, {
    headers: { 'x-api-key': of.apiKey },
  })
  const live = Promise.withResolvers<void>()
  socket.on('open', () => {
    socket.send(JSON.stringify({ id: 1, do: 'follow', params: { events: { after } } }))
  })
  socket.on('message', (text) => {
    const { event, data } = JSON.parse(String(text))
    if (event === 'live') live.resolve()
    if (event === 'event') numbers.push(data.sequence)
  })
  socket.on('error', live.reject)
  const gone = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  return { numbers, gone, live: live.promise }
}

const placed = (of: EngineProcess) =>
  of.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100' },
    verbs: [{ verb: 'answer' }, { verb: 'pause', length: 0.1 }],
  })

test('a client that follows again from its last number after kill -9 has the whole log', async () => {
  const heard: number[] = []
  engine = await startEngine()
  for (let life = 0; life < 2; life++) {
    const listener = listen(engine, heard.at(-1) ?? 0)
    await listener.live
    await Promise.all(Array.from({ length: 4 }, () => placed(engine as EngineProcess)))
    await engine.stop('SIGKILL')
    await listener.gone
    heard.push(...listener.numbers)
    engine = await startEngine({}, engine.dataDir)
  }
  const last = listen(engine, heard.at(-1) ?? 0)
  await last.live
  const { body } = await engine.get('/v1/voice/events?page_size=1000')
  const stored = body.events.map(({ sequence }: { sequence: number }) => sequence)
  expect(stored.length).toBeGreaterThan(8)
  expect(stored).toEqual(Array.from(stored, (_, index) => index + 1))
  const all = () => [...heard, ...last.numbers]
  await expect.poll(() => all().length).toBeGreaterThanOrEqual(stored.length)
  expect(all().slice(0, stored.length)).toEqual(stored)
})
