/** The media worker of browsers is killed while they talk: calls come back by an offer of ours, handsets notice nothing. */
import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { toneMs, toneOf } from '../support/tone-times.ts'
import { BrowserPhone } from './support/browser-phone.ts'

const toneHz = { '1001': 1100, '1002': 1500 } as const
type User = keyof typeof toneHz

let engine: EngineProcess
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_SIP_PORT: `${await freePort()}` })
}, 60_000)
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function phoneOf(user: User): Promise<BrowserPhone> {
  const phone = await BrowserPhone.start(engine, user, { voice: toneOf(toneHz[user], 60) })
  stops.push(() => phone.stop())
  return phone
}
const hears = (who: BrowserPhone, hz: number): Promise<unknown> =>
  eventually(
    async () => toneMs(await who.hears(500), hz),
    (heardMs) => heardMs > 300,
  )

/** The one mediasoup worker of the engine. */
function workerPid(): number {
  const { pid } = engine.process
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim().split(' '),
  )
  const found = children.filter(
    (child) => child !== '' && readFileSync(`/proc/${child}/comm`, 'utf8').startsWith('mediasoup'),
  )
  expect(found).toHaveLength(1)
  return Number(found[0])
}

const liveCalls = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/calls?status=in-progress')).body.calls
const eventsOf = async (id: string): Promise<string[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events.map(({ type }: Json) => type)
const seenBy = ({ page }: BrowserPhone): Promise<string[]> =>
  page.evaluate(() => globalThis.testPhone.seen.map(({ what }) => what))

test('two browsers talk on, and need not do anything for it', async () => {
  const [a, b] = [await phoneOf('1001'), await phoneOf('1002')]
  expect(await a.connect('1002')).toBe('made')
  await b.sees('incoming')
  await b.do('accept')
  await Promise.all([a.sees('call1 accept'), b.sees('call1 accept')])
  await Promise.all([hears(a, toneHz['1002']), hears(b, toneHz['1001'])])
  const ids = (await liveCalls()).map(({ id }) => id)
  expect(ids).toHaveLength(2)
  process.kill(workerPid(), 'SIGKILL')
  for (const id of ids) {
    await eventually(
      () => eventsOf(id),
      (types) => types.includes('call.unparked'),
    )
    expect(await eventsOf(id)).toContain('call.parked')
  }
  await Promise.all([hears(a, toneHz['1002']), hears(b, toneHz['1001'])])
  for (const phone of [a, b]) expect(await seenBy(phone)).not.toContain('call1 reconnecting')
  await a.do('hangup')
  expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
}, 90_000)
