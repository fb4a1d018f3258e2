import { expect, test } from 'vitest'
import { streamScene } from './fake-server.ts'

test('of long messages of a server no more is read at a time than of many short ones', async () => {
  const { lab, servers, hangUp } = await streamScene([
    { verb: 'stream', url: 'wss://app.example/talk' },
  ])
  const [server] = servers
  expect(server?.isReading).toBe(true)
  server?.listener.message(' '.repeat(1_000_000))
  expect(server?.isReading).toBe(true)
  server?.listener.message(' '.repeat(1_000_000))
  expect(server?.isReading).toBe(false)
  await lab.clock.advance(100)
  expect(server?.isReading).toBe(true)
  await hangUp()
  expect(lab.clock.pendingTimers).toBe(0)
})

test('a call that ends while its server is dialled: whoever wants to know is told that there was no stream', async () => {
  const scene = await streamScene(
    [{ verb: 'stream', url: 'wss://app.example/talk', status_callback: 'https://app.example/s' }],
    false,
  )
  await scene.hangUp()
  const [failed, ...more] = await scene.events()
  expect(failed).toMatchObject({ type: 'stream.failed', data: { code: 'url_unreachable' } })
  expect(more).toEqual([])
  const due = await scene.lab.store.outbox.due(scene.lab.clock.nowMs(), 9)
  expect(due.map(({ url, event }) => [url, event.type])).toEqual([
    ['https://app.example/s', 'stream.failed'],
  ])
})
