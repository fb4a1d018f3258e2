/** The engine's own HTTPS in Debian's Chromium: a phone registers and talks over it, and has its microphone. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, freePort, type Json, startEngine } from '../support/engine-process.ts'
import { toneOf } from '../support/tone-times.ts'
import { BrowserPhone, deviceToken } from './support/browser-phone.ts'
import { builtPage } from './support/built-page.ts'
import { Chromium } from './support/chromium.ts'
import { PagePhone } from './support/page-phone.ts'

const host = 'phone.test'
const toneHz = { '1001': 1100, '1002': 1500 } as const
type User = keyof typeof toneHz

let engine: EngineProcess
let secure: EngineProcess
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  await builtPage()
  const port = await freePort()
  engine = await startEngine({ RINGDOWN_HTTPS_PORT: `${port}` })
  secure = { ...engine, httpUrl: `https://${host}:${port}` }
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

/** On a machine that knows the engine by a name, and takes its certificate. */
async function browser(user: User): Promise<Chromium> {
  const voice = toneOf(toneHz[user], 60)
  const chromium = await Chromium.start({ voice, hostName: host, takesCertificates: true })
  stops.push(() => chromium.stop())
  return chromium
}

async function phone(user: User): Promise<BrowserPhone> {
  const started = await BrowserPhone.tab(secure, user, await browser(user))
  await started.register(await deviceToken(engine, user))
  return started
}

const contactsOf = async (user: User): Promise<Json> => {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  return devices.find((device: Json) => device.username === user).contacts
}

test('two phones register over wss, and each hears what the other one says', async () => {
  const [a, b] = [await phone('1001'), await phone('1002')]
  for (const user of ['1001', '1002'] as const) {
    expect(await contactsOf(user)).toMatchObject([{ transport: 'wss', source: /^wss\// }])
  }
  expect(await a.connect('1002')).toBe('made')
  await b.sees('incoming')
  await b.do('accept')
  await Promise.all([a.sees('call1 accept'), b.sees('call1 accept')])
  await a.hearsTone(toneHz['1002'])
  await b.hearsTone(toneHz['1001'])
  await b.do('hangup')
  await a.sees('call1 disconnect')
})

test('opened by plain HTTP the page says what is missing, and the address that it offers has it', async () => {
  const insecure = { ...engine, httpUrl: `http://${host}:${engine.httpPort}` }
  const page = await PagePhone.open(await browser('1001'), insecure)
  const warning = page.page.getByRole('region', { name: 'No microphone at this address' })
  await warning.waitFor()
  // all the same one may sign in, see who called, and hear voicemails
  await page.signIn(insecure, '1001')
  await warning.getByRole('link', { name: `${secure.httpUrl}/` }).click()
  await page.page.waitForURL(`${secure.httpUrl}/`)
  await page.signIn(secure, '1001')
  expect(await warning.count()).toBe(0)
  await page.call('+15005550140')
  await page.talks()
  await page.hearsTone(toneHz['1001'])
})
