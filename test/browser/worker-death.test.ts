/** The media worker of browsers is killed while they talk: calls come back by an offer of ours, handsets notice nothing. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { startBaresip } from '../support/baresip-phone.ts'
import { mediasoupWorkersOf } from '../support/child-processes.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { otherSoundMs, toneMs, toneOf } from '../support/tone-times.ts'
import { BrowserPhone, firstPassword } from './support/browser-phone.ts'

const toneHz = { '1001': 1100, '1002': 1500 } as const
type User = keyof typeof toneHz

let engine: EngineProcess
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  engine = await startEngine()
})
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

/** The mediasoup workers of the engine. */
const workerPids = (): number[] => mediasoupWorkersOf(engine.process.pid!)
function workerPid(): number {
  const [found, ...others] = workerPids()
  expect(others).toEqual([])
  if (found === undefined) throw new Error('there is no worker')
  return found
}

const liveCalls = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/calls?status=in-progress')).body.calls
const eventsOf = async (id: string): Promise<string[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events.map(({ type }: Json) => type)
const seenBy = ({ page }: BrowserPhone): Promise<string[]> =>
  page.evaluate(() => globalThis.testPhone.seen.map(({ what }) => what))

/** Two browsers that talk; the ids of their calls. */
async function talking(): Promise<{ a: BrowserPhone; b: BrowserPhone; ids: string[] }> {
  const [a, b] = [await phoneOf('1001'), await phoneOf('1002')]
  expect(await a.connect('1002')).toBe('made')
  await b.sees('incoming')
  await b.do('accept')
  await Promise.all([a.sees('call1 accept'), b.sees('call1 accept')])
  await hearEachOther(a, b)
  const ids = (await liveCalls()).map(({ id }) => id)
  expect(ids).toHaveLength(2)
  return { a, b, ids }
}
const hearEachOther = (a: BrowserPhone, b: BrowserPhone): Promise<unknown> =>
  Promise.all([a.hearsTone(toneHz['1002']), b.hearsTone(toneHz['1001'])])

test('two browsers talk on, and need not do anything for it', async () => {
  const { a, b, ids } = await talking()
  process.kill(workerPid(), 'SIGKILL')
  for (const id of ids) {
    await eventually(
      () => eventsOf(id),
      (types) => types.includes('call.unparked'),
    )
    expect(await eventsOf(id)).toContain('call.parked')
  }
  await hearEachOther(a, b)
  for (const phone of [a, b]) expect(await seenBy(phone)).not.toContain('call1 reconnecting')
  await a.do('hangup')
  expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
})

test('one that dies again while its browsers come back is another one', async () => {
  const { a, b } = await talking()
  const first = workerPid()
  process.kill(first, 'SIGKILL')
  const second = await eventually(
    async () => workerPids()[0],
    (pid) => pid !== undefined && pid !== first,
  )
  process.kill(Number(second), 'SIGKILL')
  await eventually(
    async () => workerPids()[0],
    (pid) => pid !== undefined && pid !== second,
  )
  await hearEachOther(a, b)
  expect(await liveCalls()).toHaveLength(2)
  await a.do('hangup')
  expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
})

test('a handset that hears its own echo goes on hearing it', async () => {
  await eventually(liveCalls, (all) => all.length === 0)
  const desk = await startBaresip({
    user: '1002',
    password: firstPassword(engine, '1002'),
    registrar: `127.0.0.1:${engine.sipPort}`,
    port: await freePort(),
    says: toneOf(toneHz['1002'], 60),
  })
  stops.push(() => desk.stop())
  await eventually(
    async () => desk.output(),
    (text) => /200 OK/.test(text),
  )
  await desk.command('dial', `sip:+15005550140@127.0.0.1:${engine.sipPort};transport=udp`)
  const [{ id }] = (await eventually(liveCalls, (all) => all.length > 0)) as [Json]
  await new Promise((resolve) => setTimeout(resolve, 1000))
  const first = workerPid()
  process.kill(first, 'SIGKILL')
  await eventually(
    async () => workerPids()[0],
    (pid) => pid !== undefined && pid !== first,
  )
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await desk.command('hangup')
  await eventually(liveCalls, (all) => all.length === 0)
  expect(await eventsOf(id)).not.toContain('call.parked')
  const heard = withoutEdges(desk.heard())
  expect(heard.length).toBeGreaterThan(8 * 1000)
  // Beside other browsers packets come late now and then. Without its way it would hear nothing any more.
  expect(toneMs(heard, toneHz['1002'])).toBeGreaterThan(0.8 * (heard.length / 8))
  expect(toneMs(heard.subarray(-8 * 500), toneHz['1002'])).toBeGreaterThan(250)
  expect(otherSoundMs(heard, [toneHz['1002']])).toBeLessThan(0.1 * (heard.length / 8))
})

/** Without what there was before the first sound, and after the last. */
function withoutEdges(pcm: Int16Array): Int16Array {
  const isSound = (sample: number): boolean => Math.abs(sample) > 500
  return pcm.subarray(pcm.findIndex(isSound), pcm.findLastIndex(isSound) + 1)
}
