/** The Device SDK in Debian's Chromium against a whole engine: registration, calls, keys, hold, transfer. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { whenRegistered } from '../support/registered.ts'
import { toneMs, toneOf } from '../support/tone-times.ts'
import { voice } from '../support/voice.ts'
import { BrowserPhone, deviceToken, firstPassword } from './support/browser-phone.ts'
import { Chromium, type ChromiumOptions } from './support/chromium.ts'

const echo = '+15005550140'
const toneHz = { '1001': 1100, '1002': 1500 } as const

let engine: EngineProcess
const stops: (() => Promise<void>)[] = []
beforeAll(async () => {
  engine = await startEngine()
  await engine.send('POST', '/v1/voice/devices', { username: '1003', name: 'third' })
})
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()))
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function phone(user: string, options: ChromiumOptions = {}): Promise<BrowserPhone> {
  const started = await BrowserPhone.start(engine, user, options)
  stops.push(() => started.stop())
  return started
}

/** Both first devices, each in a browser of its own, with these voices. */
function pair(first: Int16Array, second: Int16Array): Promise<[BrowserPhone, BrowserPhone]> {
  const repeats = true
  return Promise.all([
    phone('1001', { voice: first, repeats }),
    phone('1002', { voice: second, repeats }),
  ])
}

/** Two seconds each: whoever listens for five hears it once from its beginning to its end. */
const agentSays = voice('agent').subarray(0, 16_000)
const leadSays = voice('lead').subarray(0, 16_000)

/** Waits until it is heard; on a busy machine the first packets of a new way come in clumps, and it is said again. */
const hearsSentence = (who: BrowserPhone, sentence: Int16Array): Promise<Int16Array> =>
  who.hearsWhat((pcm) => likeness(sentence, pcm) > 0.9, 5000)

async function talking(a: BrowserPhone, b: BrowserPhone): Promise<void> {
  expect(await a.connect(b.user)).toBe('made')
  await b.sees('incoming')
  await a.sees('call1 ringing')
  await b.do('accept')
  await Promise.all([a.sees('call1 accept'), b.sees('call1 accept')])
}

async function baresip(user: '1002'): Promise<BaresipPhone> {
  const port = await freePort()
  return whenRegistered(engine, user, async () => {
    const started = await startBaresip({
      user,
      password: firstPassword(engine, user),
      registrar: `127.0.0.1:${engine.sipPort}`,
      port,
      says: toneOf(toneHz[user], 60),
    })
    stops.push(() => started.stop())
    return started
  })
}

const contactsOf = (user: string, count: number) =>
  eventually(
    async () => (await engine.get('/v1/voice/devices')).body.devices,
    (devices) =>
      devices.find((device: Json) => device.username === user)?.contacts.length === count,
  )

const deviceOf = async (user: string): Promise<Json> =>
  (await engine.get('/v1/voice/devices')).body.devices.find((d: Json) => d.username === user)

test('a token registers the device, and its contact is a WebSocket', async () => {
  const { page } = await phone('1001')
  expect((await deviceOf('1001')).contacts).toMatchObject([{ transport: 'ws' }])
  await page.evaluate(() => globalThis.testPhone.device.unregister())
  await contactsOf('1001', 0)
})

describe('what is said is heard', () => {
  test('from browser to browser and back', async () => {
    const [a, b] = await pair(agentSays, leadSays)
    await talking(a, b)
    await Promise.all([hearsSentence(a, leadSays), hearsSentence(b, agentSays)])
    await a.do('hangup')
    expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
  })

  test('from the browser to the lab’s echo and back', async () => {
    const a = await phone('1001', { voice: agentSays, repeats: true })
    expect(await a.connect(echo)).toBe('made')
    await a.sees('call1 accept')
    await hearsSentence(a, agentSays)
  })

  test('from the browser to a SIP phone and back', async () => {
    const desk = await baresip('1002')
    const a = await phone('1001', { voice: toneOf(toneHz['1001'], 60) })
    expect(await a.connect('1002')).toBe('made')
    await a.sees('call1 accept')
    await a.hearsTone(toneHz['1002'])
    await a.hears(2000)
    await a.do('hangup')
    await a.sees('call1 disconnect')
    expect(toneMs(desk.heard(), toneHz['1001'])).toBeGreaterThan(1000)
  })

  test('from a SIP phone to the browser and back', async () => {
    const desk = await baresip('1002')
    const a = await phone('1001', { voice: toneOf(toneHz['1001'], 60) })
    await desk.command('dial', `sip:1001@127.0.0.1:${engine.sipPort}`)
    expect(await a.sees('incoming')).toMatchObject({ from: '1002' })
    await a.do('accept')
    await a.sees('call1 accept')
    await a.hearsTone(toneHz['1002'])
    await a.hears(2000)
    await desk.command('hangup')
    expect(await a.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
    expect(toneMs(desk.heard(), toneHz['1001'])).toBeGreaterThan(1000)
  })
})

test('digits go both ways, each once', async () => {
  const [a, b] = await pair(toneOf(toneHz['1001'], 60), toneOf(toneHz['1002'], 60))
  await talking(a, b)
  // They are connected a moment after both know that the call is answered.
  await Promise.all([a.hearsTone(toneHz['1002']), b.hearsTone(toneHz['1001'])])
  await a.sendDigits('159#')
  await b.sees('call1 digit', 4)
  await b.sendDigits('7')
  await a.sees('call1 digit')
  const digits = await b.page.evaluate(() =>
    globalThis.testPhone.seen
      .filter(({ what }) => what === 'call1 digit')
      .map(({ detail }) => detail),
  )
  expect(digits.join('')).toBe('159#')
})

test('mute is silence, and ends', async () => {
  const [a, b] = await pair(toneOf(toneHz['1001'], 60), new Int16Array(0))
  await talking(a, b)
  await b.hearsTone(toneHz['1001'])
  await a.do('mute')
  await b.hearsWhat((pcm) => rmsDbfs(pcm) < -70)
  await a.do('unmute')
  await b.hearsTone(toneHz['1001'])
})

test('who is held hears music and is told, and then his party again', async () => {
  const [a, b] = await pair(toneOf(toneHz['1001'], 60), toneOf(toneHz['1002'], 60))
  await talking(a, b)
  await b.hearsTone(toneHz['1001'])
  await a.do('hold')
  await b.hearsMusic(toneHz['1001'])
  await a.do('unhold')
  await Promise.all([a.hearsTone(toneHz['1002']), b.hearsTone(toneHz['1001'])])
})

test('a blind transfer connects the other side to somebody else', async () => {
  const [a, b] = await pair(new Int16Array(0), leadSays)
  await talking(a, b)
  await a.transfer(echo)
  expect(await a.sees('call1 disconnect')).toMatchObject({ reason: 'You transferred the call.' })
  await hearsSentence(b, leadSays)
})

test('an attended transfer connects the two other sides', async () => {
  const [a, b] = await pair(new Int16Array(0), leadSays)
  await talking(a, b)
  await a.do('hold')
  expect(await a.connect(echo)).toBe('made')
  await a.sees('call2 accept')
  await a.transferAttended()
  await Promise.all([a.sees('call1 disconnect'), a.sees('call2 disconnect')])
  await hearsSentence(b, leadSays)
})

test('a second call comes in while one is up; both can be talked to, and be joined', async () => {
  const [a, b, third] = await Promise.all([
    phone('1001'),
    phone('1002', { voice: toneOf(toneHz['1002'], 60) }),
    phone('1003', { voice: toneOf(1900, 60) }),
  ])
  await talking(b, a)
  expect(await third.connect('1001')).toBe('made')
  await a.sees('incoming', 2)
  await a.do('hold', 1)
  await a.do('accept')
  await a.sees('call2 accept')
  await a.hearsTone(1900)
  await a.page.evaluate(() =>
    globalThis.testPhone.device.merge([...globalThis.testPhone.device.calls]),
  )
  await Promise.all([b.hearsTone(1900), third.hearsTone(toneHz['1002'])])
})

describe('what does not work is told:', () => {
  test('busy, and a number that is not known', async () => {
    const a = await phone('1001')
    await a.connect('+15005550180')
    expect(await a.sees('call1 disconnect')).toMatchObject({ sipStatus: 486 })
    await a.connect('nobody')
    expect(await a.sees('call2 disconnect')).toMatchObject({ sipStatus: 404 })
  })

  test('a device that declines', async () => {
    const [a, b] = await pair(new Int16Array(0), new Int16Array(0))
    await a.connect('1002')
    await b.sees('incoming')
    await b.do('reject')
    expect(await a.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
  })

  test('a caller who gives up', async () => {
    const [a, b] = await pair(new Int16Array(0), new Int16Array(0))
    await a.connect('1002')
    await b.sees('incoming')
    await a.do('hangup')
    expect(await b.sees('call1 disconnect')).toMatchObject({ by: 'remote' })
  })

  test('a microphone that may not be used: no call is made', async () => {
    const a = await phone('1001', { deniesMicrophone: true })
    const calls = async () => (await engine.get('/v1/voice/calls')).body.total
    const before = await calls()
    expect(await a.connect('1002')).toBe('microphone-denied')
    expect(await calls()).toBe(before)
  })

  test('no microphone', async () => {
    const a = await phone('1001', { withoutMicrophone: true })
    expect(await a.connect('1002')).toBe('microphone-missing')
  })

  test('a token that was tampered with', async () => {
    const chromium = await Chromium.start()
    stops.push(() => chromium.stop())
    const a = await BrowserPhone.tab(engine, '1001', chromium)
    const contents = JSON.parse(
      Buffer.from(await deviceToken(engine, '1001'), 'base64url').toString(),
    )
    const wrong = Buffer.from(JSON.stringify({ ...contents, secret: 'guessed' }))
    const code = await a.page.evaluate(
      (token) => globalThis.testPhone.start(token).catch((error) => error.code),
      wrong.toString('base64url'),
    )
    expect(code).toBe('wrong-credentials')
    await a.stop()
  })
})

test('a new token comes into use, and neither registration nor call end', async () => {
  const [a, b] = await pair(toneOf(toneHz['1001'], 60), new Int16Array(0))
  await talking(a, b)
  const token = await deviceToken(engine, '1001')
  await a.page.evaluate((next) => globalThis.testPhone.device.updateToken(next), token)
  await a.do('hold')
  await a.do('unhold')
  await b.hearsTone(toneHz['1001'])
  expect((await deviceOf('1001')).contacts).toHaveLength(1)
})
