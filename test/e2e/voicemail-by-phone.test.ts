import { globSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { readWav } from '../../engine/dsp/wav.ts'
import { type BaresipPhone, keys, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import {
  attachmentIn,
  headerIn,
  startMailServer,
  type TestMailServer,
} from '../support/mail-server.ts'
import { whenRegistered } from '../support/registered.ts'
import { voice } from '../support/voice.ts'

const leaving = '+15005550177'
const pin = '2580'
/** Half a minute of speech: there is still some of it behind the menus. */
const speaksOn = new Int16Array(Array.from({ length: 10 }, () => [...voice('lead')]).flat())

let engine: EngineProcess
let mail: TestMailServer
let phone: BaresipPhone | undefined
beforeAll(async () => {
  mail = await startMailServer()
  engine = await startEngine({
    RINGDOWN_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    RINGDOWN_SMTP_FROM: 'Voicemail <voicemail@pbx.example>',
  })
})
afterEach(async () => {
  await phone?.stop()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
  await mail.close()
})

/** The first device, which says that. */
async function registered(says: Int16Array): Promise<BaresipPhone> {
  const { devices } = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  const { username, password } = devices.find((device: Json) => device.username === '1001')
  const registrar = `127.0.0.1:${engine.sipPort}`
  const port = await freePort()
  return whenRegistered(engine, '1001', async () => {
    phone = await startBaresip({ user: username, password, registrar, port, says })
    return phone
  })
}

const liveCalls = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/calls')).body.calls.filter(
    ({ status }: Json) => status === 'in-progress',
  )

async function dialled(from: BaresipPhone, to: string): Promise<Json> {
  await from.command('dial', `sip:${to}@127.0.0.1:${engine.sipPort}`)
  const [call] = await eventually(liveCalls, (calls) => calls.length === 1)
  return call
}

/** The keys that stand in the log of the call. */
const keysTold = async ({ id }: Json): Promise<string> =>
  (await engine.get(`/v1/voice/events?call_id=${id}&page_size=100`)).body.events
    .filter(({ type }: Json) => type === 'digit.received')
    .map(({ data }: Json) => data.digit)
    .join('')

/** What is recorded now and is not yet a message or a greeting, in bytes. */
const beingRecorded = async (): Promise<number> =>
  globSync(join(engine.dataDir, 'scratch/*.wav'))
    .map((path) => statSync(path).size)
    .reduce((sum, bytes) => sum + bytes, 0)

const messages = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/devices/1001/voicemails')).body.voicemails

test('a message that was left comes by e-mail, and is heard by *97 and the PIN', async () => {
  const says = voice('agent')
  const number = {
    number: leaving,
    route: { verbs: [{ verb: 'voicemail', device: '1001', greeting: 'none' }] },
  }
  expect((await engine.send('POST', '/v1/voice/numbers', number)).status).toBe(201)
  const box = { name: 'Desk', devices: ['1001'], pin, email: 'desk@mail.example', review: false }
  const made = await engine.send('POST', '/v1/voice/voicemail-boxes', box)
  expect(made.status, JSON.stringify(made.body)).toBe(201)

  const caller = await registered(says)
  await dialled(caller, leaving)
  await eventually(
    async () => (await engine.get('/v1/voice/recordings?status=in-progress')).body.recordings,
    (list) => list.length === 1,
  )
  await new Promise((resolve) => setTimeout(resolve, 4_500))
  await caller.command('hangup')
  const [left] = await eventually(messages, (all) => all.length === 1)
  expect(left).toMatchObject({ from: '1001', heard: false })
  await eventually(
    async () => mail.letters.length,
    (count) => count === 1,
  )
  const [letter] = mail.letters
  expect(headerIn(letter!, 'subject')).toContain('1001')
  const audio = await fetch(`${engine.httpUrl}/v1/voice/devices/1001/voicemails/${left.id}/audio`, {
    headers: { 'x-api-key': engine.apiKey },
  })
  const stored = Buffer.from(await audio.arrayBuffer())
  expect(attachmentIn(letter!, `${left.id}.wav`).equals(stored)).toBe(true)
  expect(likeness(says, readWav(stored).samples[0]!)).toBeGreaterThan(0.9)
  await caller.stop()

  const owner = await registered(speaksOn)
  const call = await dialled(owner, '*97')
  await keys(owner, `${pin}#`)
  // New messages; the second key skips the envelope.
  await keys(owner, '11')
  await eventually(messages, ([one]) => one.heard === true)
  await owner.press('#')
  await eventually(liveCalls, (calls) => calls.length === 0)
  expect(likeness(says, owner.heard())).toBeGreaterThan(0.9)
  expect(await keysTold(call)).toBe('11#')
  expect(engine.output()).not.toContain(pin)

  await dialled(owner, '*97')
  await keys(owner, `${pin}#`)
  // Options, the greeting, to record it.
  await keys(owner, '011')
  const { id } = made.body
  const greeting = async () =>
    (await engine.get(`/v1/voice/voicemail-boxes/${id}`)).body.greetings.unavailable
  // Behind the tone, where a key ends it: two seconds of two channels.
  await eventually(beingRecorded, (bytes) => bytes > 64_000)
  // Recorded, not heard once more, and kept.
  await keys(owner, '#1')
  expect(await eventually(greeting, (kept) => kept !== null)).toEqual({ kind: 'file' })
  await owner.command('hangup')
  await eventually(liveCalls, (calls) => calls.length === 0)
})
