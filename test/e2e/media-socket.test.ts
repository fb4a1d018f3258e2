/** A call's audio over a real WebSocket, dialled by either side, and who has answered, on the lab carrier. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import twilio from 'twilio'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { decodeUlaw, encodeUlaw } from '../../engine/dsp/g711.ts'
import { toneDbfs } from '../../engine/dsp/goertzel.ts'
import { rmsDbfs } from '../../engine/dsp/levels.ts'
import { startApplication } from '../support/application.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { StreamServer } from '../support/stream-server.ts'

const echo = '+15005550140'
const answeringMachine = '+15005550170'
const person = '+15005550171'
const RATE_HZ = 16_000

let engine: EngineProcess
beforeAll(async () => {
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' })
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

async function placed(to: string, more: object = {}): Promise<string> {
  const body = { to, from: '+15005550100', ...more }
  const answer = await engine.send('POST', '/v1/voice/calls', body)
  expect(answer.status).toBe(201)
  return answer.body.id
}
const call = async (id: string): Promise<Json> => (await engine.get(`/v1/voice/calls/${id}`)).body

interface Frame {
  readonly track: number
  readonly sequence: number
  readonly pcm: Int16Array
}

/** A client of the socket that keeps all it was told. */
class StreamClient {
  readonly told: Json[] = []
  readonly frames: Frame[] = []
  readonly socket: WebSocket
  closed: number | undefined

  constructor(id: string, query: string) {
    const url = engine.httpUrl.replace('http', 'ws')
    this.socket = new WebSocket(`${url}/v1/voice/calls/${id}/media?${query}`, {
      headers: { 'x-api-key': engine.apiKey },
    })
    this.socket.on('close', (code) => {
      this.closed = code
    })
    this.socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary) {
        this.told.push({ ...JSON.parse(String(data)), afterFrames: this.frames.length })
        return
      }
      const pcm = new Int16Array(Uint8Array.from(data.subarray(12)).buffer)
      this.frames.push({ track: data[1]!, sequence: data.readUInt32BE(4), pcm })
    })
  }

  say(message: Json): void {
    this.socket.send(JSON.stringify(message))
  }

  heard = (fits: (told: Json) => boolean): Promise<Json> =>
    eventually(
      async () => this.told.find(fits),
      (found) => found !== undefined,
    )

  /** The last so many milliseconds of a track, or all of it. */
  last(track: number, ms = Number.POSITIVE_INFINITY): Int16Array {
    const frames = this.frames.filter((frame) => frame.track === track).slice(-ms / 20)
    return Int16Array.from(frames.flatMap(({ pcm }) => [...pcm]))
  }
}

const tone = (hz: number, ms: number, rateHz = RATE_HZ): Buffer => {
  const pcm = Int16Array.from({ length: (ms * rateHz) / 1000 }, (_, i) =>
    Math.round(8000 * Math.sin((2 * Math.PI * hz * i) / rateHz)),
  )
  return Buffer.from(pcm.buffer)
}
/** The level of a tone where it is loudest for 400 ms: who looks late has heard what came after it, too. */
const loudest = (pcm: Int16Array, hz: number, rateHz = RATE_HZ): number => {
  const step = rateHz / 50
  const parts = Array.from({ length: Math.max(Math.floor(pcm.length / step) - 19, 0) }, (_, n) =>
    pcm.subarray(n * step, (n + 20) * step),
  )
  return Math.max(...parts.map((part) => toneDbfs(part, hz, rateHz)))
}
const toneDb = 20 * Math.log10(8000 / 32767)

test('a tone goes to the phone and comes back; marks are answered; clear makes it silent', async () => {
  const id = await placed(echo)
  await eventually(
    () => call(id),
    ({ status }) => status === 'in-progress',
  )
  const client = new StreamClient(id, 'rate=16000&tracks=both')
  expect(await client.heard(({ event }) => event === 'start')).toMatchObject({ call_id: id })
  client.socket.send(tone(1000, 1500))
  client.say({ event: 'mark', name: 'end of the tone' })
  const isBack = async () => loudest(client.last(0), 1000)
  const backDb = await eventually(isBack, (db) => db > toneDb - 1.5)
  expect(Math.abs(backDb - toneDb)).toBeLessThan(1.5)
  const mark = await client.heard(({ event }) => event === 'mark')
  expect(mark).toMatchObject({ event: 'mark', name: 'end of the tone' })
  expect(Math.abs(loudest(client.last(1), 1000) - toneDb)).toBeLessThan(1)
  // Not before what was sent ahead of it: told by the frames that had come by then, whenever they are looked at.
  const before = client.frames.slice(0, mark.afterFrames).filter(({ track }) => track === 1)
  const spoken = before.filter(({ pcm }) => toneDbfs(pcm, 1000, RATE_HZ) > toneDb - 3)
  expect(spoken.length * 20).toBeGreaterThan(1_300)

  client.socket.send(tone(1700, 8000))
  client.say({ event: 'mark', name: 'never' })
  const isThere = async () => toneDbfs(client.last(1, 200), 1700, RATE_HZ)
  await eventually(isThere, (db) => db > toneDb - 1.5)
  client.say({ event: 'clear' })
  const { cleared_ms } = await client.heard(({ event }) => event === 'cleared')
  expect(cleared_ms).toBeGreaterThan(4000)
  expect(await client.heard(({ name }) => name === 'never')).toMatchObject({ cleared: true })
  const isStill = async () => rmsDbfs(client.last(1, 100))
  // Less than what was left of the tone.
  await eventually(isStill, (db) => db < -60, 3_900)

  const numbers = client.frames.filter(({ track }) => track === 0).map((one) => one.sequence)
  expect(numbers).toEqual(numbers.map((_, n) => n))
  await engine.send('DELETE', `/v1/voice/calls/${id}`)
  await eventually(
    async () => client.closed,
    (code) => code !== undefined,
  )
  expect(client.closed).toBe(4410)
  const { body } = await engine.get(`/v1/voice/calls/${id}/events`)
  const types = body.events.map(({ type }: Json) => type)
  expect(types).toEqual(expect.arrayContaining(['media.stream-started', 'media.stream-stopped']))
})

const eventsOf = async (id: string): Promise<Json[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events

test('a document has a server dialled: one that refuses is passed over, the next hears and speaks', async () => {
  const bot = await StreamServer.start()
  const id = await placed(echo, {
    verbs: [
      { verb: 'stream', url: 'ws://127.0.0.1:1/' },
      { verb: 'stream', url: bot.url, name: 'bot', parameters: { lang: 'en' }, tracks: 'both' },
      { verb: 'pause', length: 9 },
    ],
  })
  expect(await bot.heard(({ event }) => event === 'start')).toMatchObject({
    ...{ call_id: id, name: 'bot', parameters: { lang: 'en' }, rate: RATE_HZ, format: 'L16' },
  })
  expect(bot.asked?.headers['x-ringdown-signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}/)
  const last = (track: number, ms: number): Int16Array => {
    const frames = bot.audio.filter((message) => message[1] === track).slice(-ms / 20)
    const pcm = Buffer.concat(frames.map((message) => message.subarray(12)))
    return new Int16Array(Uint8Array.from(pcm).buffer)
  }
  bot.socket?.send(tone(1000, 8000))
  const isBack = async () => toneDbfs(last(0, 400), 1000, RATE_HZ)
  expect(Math.abs((await eventually(isBack, (db) => db > toneDb - 1.5)) - toneDb)).toBeLessThan(1.5)
  bot.say({ event: 'clear' })
  expect((await bot.heard(({ event }) => event === 'cleared')).cleared_ms).toBeGreaterThan(1000)
  await eventually(
    async () => rmsDbfs(last(1, 100)),
    (db) => db < -60,
  )

  const live = await engine.send('POST', `/v1/voice/calls/${id}/streams`, {
    ...{ url: bot.url, name: 'second' },
  })
  expect(live.status).toBe(201)
  const stopped = await engine.send('DELETE', `/v1/voice/calls/${id}/streams/second`)
  expect(stopped.status).toBe(204)
  await engine.send('DELETE', `/v1/voice/calls/${id}`)
  await eventually(
    async () => bot.closed,
    (code) => code !== undefined,
  )
  const isOver = (events: Json[]) =>
    events.filter(({ type }) => type === 'stream.stopped').length === 2
  const events = await eventually(() => eventsOf(id), isOver)
  const told = events.filter(({ type }) => type.startsWith('stream.'))
  expect(told.map(({ type, data }) => [type, data.reason ?? data.code ?? data.name])).toEqual([
    ['stream.failed', 'url_unreachable'],
    ['stream.started', 'bot'],
    ['stream.started', 'second'],
    ['stream.stopped', 'stopped'],
    ['stream.stopped', 'call_over'],
  ])
  const { streams } = (await engine.get(`/v1/voice/calls/${id}/streams`)).body
  expect(streams).toMatchObject([
    { call_id: id, status: 'failed', error_code: 'url_unreachable', started_at: null },
    { name: 'bot', status: 'completed', reason: 'call_over', tracks: ['received', 'sent'] },
    { name: 'second', status: 'completed', reason: 'stopped', speak: 'never', frames_dropped: 0 },
  ])
  expect((await engine.get(`/v1/voice/calls/${id}/streams/second`)).body).toEqual(streams[2])
  bot.close()
})

test('a document of the usual library has a server for Media Streams dialled', async () => {
  const bot = await StreamServer.start()
  const application = await startApplication()
  application.on('/voice', (response) => {
    const document = new twilio.twiml.VoiceResponse()
    const connect = document.connect({ action: '/over' })
    const stream = connect.stream({ url: bot.url, statusCallback: '/status' })
    stream.parameter({ name: 'customer', value: 'Kate' })
    response.writeHead(200, { 'content-type': 'text/xml' }).end(document.toString())
  })
  application.on('/over', (response) => response.end('<Response><Hangup/></Response>'))
  application.on('/status', (response) => response.end())
  const id = await placed(echo, { url: `${application.url}/voice` })
  const { streamSid, start } = await bot.heard(({ event }) => event === 'start')
  expect(start).toMatchObject({ callSid: id, customParameters: { customer: 'Kate' } })
  const { webhookSecret } = JSON.parse(
    readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'),
  )
  const signature = String(bot.asked?.headers['x-twilio-signature'])
  expect(twilio.validateRequest(webhookSecret, signature, bot.url, {})).toBe(true)

  const pcm = new Int16Array(Uint8Array.from(tone(1000, 1500, 8000)).buffer)
  const ulaw = Buffer.alloc(pcm.length)
  encodeUlaw(pcm, 0, pcm.length, ulaw, 0)
  // In pieces as uneven as servers send them.
  for (let at = 0; at < ulaw.length; at += 700) {
    const payload = ulaw.subarray(at, at + 700).toString('base64')
    bot.say({ event: 'media', streamSid, media: { payload } })
  }
  bot.say({ event: 'mark', streamSid, mark: { name: 'said' } })
  const said = await bot.heard(({ event }) => event === 'mark')
  expect(said).toMatchObject({ streamSid, mark: { name: 'said' } })
  const media = bot.told.filter(({ event }) => event === 'media')
  const heard = Buffer.concat(media.map((one) => Buffer.from(one.media.payload, 'base64')))
  const back = new Int16Array(heard.length)
  decodeUlaw(heard, 0, heard.length, back, 0)
  expect(Math.abs(loudest(back, 1000, 8000) - toneDb)).toBeLessThan(1.5)
  expect(bot.told.slice(1).map((one) => Number(one.sequenceNumber))).toEqual(
    bot.told.slice(1).map((_one, n) => n + 1),
  )

  bot.socket?.close(1000)
  await eventually(
    () => call(id),
    ({ status }) => status === 'completed',
  )
  const forms = (path: string) =>
    application.asked
      .filter((asked) => asked.path === path)
      .map(({ text }) => Object.fromEntries(new URLSearchParams(text)))
  expect(forms('/over')).toMatchObject([{ StreamSid: streamSid, StreamStatus: 'completed' }])
  const told = await eventually(
    async () => forms('/status'),
    ({ length }) => length >= 2,
  )
  expect(told.map(({ StreamEvent }) => StreamEvent)).toEqual(['stream-started', 'stream-stopped'])
  await application.close()
  bot.close()
})

test('an answering machine is known, and spoken to after its beep', async () => {
  const id = await placed(answeringMachine, {
    machine_detection: { mode: 'detect_message_end' },
    verbs: [{ verb: 'pause', length: 1 }],
  })
  const { answered_by, answered_by_detail } = await eventually(
    () => call(id),
    ({ status }) => status === 'completed',
  )
  expect([answered_by, answered_by_detail]).toEqual(['machine', 'machine_end_beep'])
})

test('who says hello and listens is a person', async () => {
  const id = await placed(person, {
    machine_detection: { mode: 'enable' },
    verbs: [{ verb: 'pause', length: 1 }],
  })
  const { answered_by } = await eventually(
    () => call(id),
    ({ status }) => status === 'completed',
  )
  expect(answered_by).toBe('human')
})
