/** What happens to browsers: pages are loaded anew, calls go to another tab, servers restart, machines sleep. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { toneOf } from '../support/tone-times.ts'
import { BrowserPhone, deviceToken } from './support/browser-phone.ts'
import { Chromium } from './support/chromium.ts'

const toneHz = { '1001': 1100, '1002': 1500 } as const
type User = keyof typeof toneHz

const ports = {
  RINGDOWN_HTTP_PORT: `${await freePort()}`,
  RINGDOWN_SIP_PORT: `${await freePort()}`,
}
let engine: EngineProcess
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  engine = await startEngine(ports)
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const voiceOf = (user: User): Int16Array => toneOf(toneHz[user], 60)

async function browser(user: User): Promise<Chromium> {
  const chromium = await Chromium.start({ voice: voiceOf(user) })
  stops.push(() => chromium.stop())
  return chromium
}

async function tabOf(user: User, chromium: Chromium): Promise<BrowserPhone> {
  const tab = await BrowserPhone.tab(engine, user, chromium)
  await tab.register(await deviceToken(engine, user))
  return tab
}

/** 1001 in a tab of `own`, talking to 1002 in a browser elsewhere. */
async function talking(own: Chromium): Promise<[BrowserPhone, BrowserPhone]> {
  const [a, b] = await Promise.all([
    tabOf('1001', own),
    browser('1002').then((other) => tabOf('1002', other)),
  ])
  expect(await a.connect('1002')).toBe('made')
  await b.sees('incoming')
  await b.do('accept')
  await Promise.all([a.sees('call1 accept'), b.sees('call1 accept')])
  await hearEachOther(a, b)
  return [a, b]
}

const hearEachOther = (a: BrowserPhone, b: BrowserPhone): Promise<unknown> =>
  Promise.all([a.hearsTone(toneHz['1002']), b.hearsTone(toneHz['1001'])])

/** The device's call that goes on, as its page finds it. */
async function liveCall(user: User): Promise<Json> {
  const { body } = await engine.get(`/v1/voice/devices/${user}/calls`)
  return body.calls.find(({ status }: Json) => status === 'in-progress')
}

async function takesOver(tab: BrowserPhone): Promise<string> {
  const { id } = await liveCall(tab.user as User)
  const permit = await engine.send('POST', `/v1/voice/devices/${tab.user}/takeovers`, {
    call_id: id,
  })
  expect(permit.status).toBe(201)
  await tab.page.evaluate((token) => globalThis.testPhone.takeOver(token), permit.body.token)
  await tab.sees('call1 accept')
  return id
}

const eventsOf = async (id: string): Promise<string[]> => {
  const { events } = (await engine.get(`/v1/voice/calls/${id}/events`)).body
  return events.map(({ type }: Json) => type)
}

test('a page that is loaded anew goes on with its call; the other side hears music meanwhile', async () => {
  const own = await browser('1001')
  const [a, b] = await talking(own)
  await a.page.reload()
  const { id } = await liveCall('1001')
  await eventually(
    () => eventsOf(id),
    (types) => types.includes('call.parked'),
  )
  await b.hearsMusic(toneHz['1001'])
  const again = await tabOf('1001', own)
  expect(await takesOver(again)).toBe(id)
  await again.sees('call1 accept')
  await hearEachOther(again, b)
  await expect
    .poll(() => eventsOf(id))
    .toEqual(expect.arrayContaining(['call.parked', 'call.unparked', 'call.taken-over']))
  await again.do('hangup')
  expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
})

test('of pages that are loaded anew or closed no registration stays', async () => {
  const own = await browser('1001')
  const contacts = async (): Promise<string[]> => {
    const { devices } = (await engine.get('/v1/voice/devices')).body
    const device = devices.find(({ username }: Json) => username === '1001')
    return device.contacts.map(({ uri }: Json) => uri)
  }
  const count = (wanted: number): Promise<string[]> =>
    eventually(contacts, (all) => all.length === wanted)
  const tab = await tabOf('1001', own)
  const [before] = await count(1)
  await tab.page.reload()
  await count(0)
  const again = await tabOf('1001', own)
  const other = await tabOf('1001', own)
  expect(await count(2)).not.toContain(before)
  await other.page.close()
  await count(1)
  const caller = await tabOf('1002', await browser('1002'))
  expect(await caller.connect('1001')).toBe('made')
  await again.sees('incoming')
})

test('another tab takes the call; the one that had it is told', async () => {
  const own = await browser('1001')
  const [a, b] = await talking(own)
  const other = await tabOf('1001', own)
  await takesOver(other)
  expect(await a.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
  await hearEachOther(other, b)
})

test('a machine that slept comes back to its call', async () => {
  const own = await browser('1001')
  const [a, b] = await talking(own)
  const { id } = await liveCall('1001')
  const processes = own.processes()
  signal(processes, 'SIGSTOP')
  try {
    await eventually(
      () => eventsOf(id),
      (types) => types.includes('call.parked'),
    )
    await b.hearsMusic(toneHz['1001'])
  } finally {
    signal(processes, 'SIGCONT')
  }
  await hearEachOther(a, b)
  await eventually(
    () => eventsOf(id),
    (types) => types.includes('call.unparked'),
  )
  await b.do('hangup')
  expect(await a.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
})

test('a lost socket ends no call: the phone registers again, and hears of the end', async () => {
  const [a, b] = await talking(await browser('1001'))
  await a.page.evaluate(() => globalThis.testPhone.loseSocket())
  await a.sees('registered', 2)
  await hearEachOther(a, b)
  await b.do('hangup')
  expect(await a.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
})

test('a phone registers by itself once its server is back, and can be called', async () => {
  const a = await tabOf('1001', await browser('1001'))
  await engine.stop()
  await a.sees('reconnecting')
  engine = await startEngine(ports, engine.dataDir)
  await a.sees('registered', 2, 40_000)
  const b = await tabOf('1002', await browser('1002'))
  expect(await b.connect('1001')).toBe('made')
  await a.sees('incoming')
})

function signal(processes: readonly number[], name: NodeJS.Signals): void {
  for (const pid of processes) process.kill(pid, name)
}
