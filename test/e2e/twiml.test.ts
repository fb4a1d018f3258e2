import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import twilio from 'twilio'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Application, type Asked, startApplication } from '../support/application.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'

type VoiceResponse = InstanceType<typeof twilio.twiml.VoiceResponse>

/** Answers, listens, presses 7 when it has been spoken to, then talks. */
const agent = '+15005550117'
const echo = '+15005550140'

let engine: EngineProcess
let application: Application
let secret: string

beforeAll(async () => {
  application = await startApplication()
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' })
  const logins = readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8')
  secret = JSON.parse(logins).webhookSecret
})
afterAll(async () => {
  await application?.close()
  await engine?.stop()
  engine?.removeData()
})

/** What the form of a request says. */
const formOf = ({ text }: Asked): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(text))

/** A path that answers as users of TwiML do it: only to whom the signature shows to be who he says. */
function twiml(
  path: string,
  build: (response: VoiceResponse, form: Record<string, string>) => unknown,
) {
  application.on(path, (response: ServerResponse, asked) => {
    const signature = String(asked.headers['x-twilio-signature'])
    const url = application.url + asked.target
    if (!twilio.validateRequest(secret, signature, url, formOf(asked))) {
      response.writeHead(403).end()
      return
    }
    const document = new twilio.twiml.VoiceResponse()
    build(document, formOf(asked))
    response.writeHead(200, { 'content-type': 'text/xml' }).end(document.toString())
  })
}

test('a call runs documents of the usual library, from applications that check the signature', async () => {
  twiml('/voice/start', (response) => {
    response.gather({ numDigits: 1, action: 'key?from=start', timeout: 8 }).say('Press seven.')
    response.redirect('/nobody-pressed')
  })
  twiml('/voice/key', (response) =>
    response.record({ timeout: 3, maxLength: 4, playBeep: false, action: '/said' }),
  )
  twiml('/said', (response) => {
    const dial = response.dial({
      ...{ timeLimit: 1, action: '/done', sequential: true, ringTone: 'uk' },
      ...{ record: 'record-from-ringing', recordingStatusCallback: '/recorded' },
      recordingTrack: 'inbound',
    })
    dial.number('+1 (500) 555-0180')
    dial.number({ statusCallback: '/progress', statusCallbackEvent: ['answered'] }, echo)
  })
  const callbacks = new Map<string, Record<string, string>>()
  for (const path of ['/recorded', '/progress']) {
    twiml(path, (_response, form) => callbacks.set(path, form))
  }
  twiml('/done', (response) => response.hangup())
  const request = {
    ...{ to: agent, from: '+15005550100', url_format: 'form' },
    url: `${application.url}/voice/start`,
  }
  const { status, body } = await engine.send('POST', '/v1/voice/calls', request)
  expect(status).toBe(201)
  const call = await eventually(
    async (): Promise<Json> => (await engine.get(`/v1/voice/calls/${body.id}`)).body,
    (one) => one.end_time !== null,
  )
  const { events } = (await engine.get(`/v1/voice/calls/${body.id}/events`)).body
  const told = events.filter(({ type }: Json) => /^(?:instructions|program)\./.test(type))
  expect(told).toEqual([])
  expect(call.status).toBe('completed')
  await eventually(
    async () => callbacks,
    ({ size }) => size === 2,
  )
  const asked = application.asked.filter(({ target }) => !callbacks.has(target))
  expect(asked.map(({ target }) => target)).toEqual([
    ...['/voice/start', '/voice/key?from=start', '/said', '/done'],
  ])
  const [start, key, said, done] = asked.map(formOf)
  expect(start).toMatchObject({
    ...{ CallSid: body.id, From: '+15005550100', To: agent, Direction: 'outbound-api' },
    ...{ CallStatus: 'in-progress', ApiVersion: '2010-04-01' },
  })
  expect(key).toMatchObject({ CallSid: body.id, Digits: '7' })
  expect(Number(said?.['RecordingDuration'])).toBeGreaterThanOrEqual(1)
  // Rounded, and on a busy machine the end of the call comes later.
  expect(done).toMatchObject({
    ...{ DialCallStatus: 'completed', DialCallDuration: expect.stringMatching(/^[1-5]$/) },
  })
  expect(callbacks.get('/progress')).toMatchObject({
    ...{ ParentCallSid: body.id, To: echo, CallStatus: 'in-progress', SequenceNumber: '2' },
  })
  const recorded = callbacks.get('/recorded')
  expect(recorded).toMatchObject({
    ...{ CallSid: body.id, RecordingStatus: 'completed', RecordingSource: 'DialVerb' },
    ...{ RecordingTrack: 'inbound', RecordingChannels: '1' },
  })
  await heardOf(recorded)
  await heardOf(said)
  expect(bugsIn(engine.output())).toEqual([])
})

/** The message can be fetched where the application was told, and has one channel. */
async function heardOf(said: Record<string, string> | undefined): Promise<void> {
  const url = new URL(said?.['RecordingUrl'] ?? '')
  const recording = (await engine.get(`/v1/voice/recordings/${said?.['RecordingSid']}`)).body
  expect(recording).toMatchObject({ status: 'completed', channels: 1 })
  const headers = { 'x-api-key': engine.apiKey }
  const answer = await fetch(`${engine.httpUrl}${url.pathname}`, { headers })
  expect(answer.status).toBe(200)
  const wav = Buffer.from(await answer.arrayBuffer())
  expect(wav.readUInt16LE(22)).toBe(1)
}
