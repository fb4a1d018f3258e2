/** The media thread of browsers dies while they talk: they come back by an offer of ours, and hear each other again. */
import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { toneOf } from '../support/tone-times.ts'
import { BrowserPhone } from './support/browser-phone.ts'

const toneHz = { '1001': 1100, '1002': 1500 } as const
const triggerPort = await freePort()
let engine: EngineProcess
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  const fault = new URL('../support/faulty-thread.mjs', import.meta.url).pathname
  engine = await startEngine({
    ...{ RINGDOWN_MEDIA_THREADS: '2', FAULTY_THREAD: `media 0:${triggerPort}` },
    NODE_OPTIONS: `--import ${fault}`,
  })
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function phoneOf(user: keyof typeof toneHz): Promise<BrowserPhone> {
  const phone = await BrowserPhone.start(engine, user, { voice: toneOf(toneHz[user], 60) })
  stops.push(() => phone.stop())
  return phone
}
const hearEachOther = (a: BrowserPhone, b: BrowserPhone): Promise<unknown> =>
  Promise.all([a.hearsTone(toneHz['1002']), b.hearsTone(toneHz['1001'])])

test('two browsers talk on', async () => {
  const [a, b] = [await phoneOf('1001'), await phoneOf('1002')]
  expect(await a.connect('1002')).toBe('made')
  await b.sees('incoming')
  await b.do('accept')
  await Promise.all([a.sees('call1 accept'), b.sees('call1 accept')])
  await hearEachOther(a, b)
  const { calls } = (await engine.get('/v1/voice/calls?status=in-progress')).body
  const trigger = createSocket('udp4')
  trigger.send('die', triggerPort, '127.0.0.1')
  for (const { id } of calls) {
    await eventually(
      async () => (await engine.get(`/v1/voice/calls/${id}/events`)).body.events,
      (events) => events.some(({ type }: Json) => type === 'call.unparked'),
    )
  }
  trigger.close()
  await hearEachOther(a, b)
  await a.do('hangup')
  expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
})
