/** A media thread of a whole engine dies while real phones talk: nobody hangs up, and they hear each other again. */
import { createSocket } from 'node:dgram'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { PhoneRoom, toneHz } from '../support/phone-room.ts'
import { toneMs } from '../support/tone-times.ts'

const triggerPort = 29_777
let engine: EngineProcess
let room: PhoneRoom

beforeAll(async () => {
  const fault = new URL('../support/faulty-thread.mjs', import.meta.url).pathname
  engine = await startEngine({
    ...{ RINGDOWN_MEDIA_THREADS: '2', FAULTY_THREAD: `media 0:${triggerPort}` },
    NODE_OPTIONS: `--import ${fault}`,
  })
  room = await PhoneRoom.at(engine)
}, 60_000)
afterEach(() => room?.close())
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const liveCalls = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/calls?status=in-progress')).body.calls
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${engine.httpUrl}/metrics`)).text()
  return Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1])
}
const eventsOf = async (id: string): Promise<string[]> =>
  (await engine.get(`/v1/voice/calls/${id}/events`)).body.events.map(({ type }: Json) => type)
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function require(srtp: 'off' | 'required'): Promise<void> {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find(({ username }: Json) => username === '1002')
  await engine.send('PATCH', `/v1/voice/devices/${id}`, { srtp, codecs: ['PCMU'] })
}

/** The first legs are in the first thread. */
async function killThread(): Promise<void> {
  const deaths = await metric('ringdown_media_thread_deaths')
  const trigger = createSocket('udp4')
  trigger.send('die', triggerPort, '127.0.0.1')
  await eventually(
    () => metric('ringdown_media_thread_deaths'),
    (count) => count > deaths,
  )
  trigger.close()
}

test.each([
  ['plain RTP: they notice nothing but a gap', 'off', []],
  ['RTP and SRTP: that one gets new keys', 'required', ['call.parked', 'call.unparked']],
] as const)(
  'two phones with %s',
  async (_name, srtp, parked) => {
    await require(srtp)
    const alice = await room.baresip('1001', 'udp')
    const bob =
      srtp === 'off'
        ? await room.baresip('1002', 'udp')
        : await room.baresip('1002', 'tls', { srtp: 'required' })
    await alice.command('dial', room.uri('1002'))
    await room.up(2)
    const calls = await liveCalls()
    await pause(2000)
    await killThread()
    await pause(4000)
    expect(await liveCalls()).toHaveLength(2)
    const told = (await Promise.all(calls.map(({ id }) => eventsOf(id)))).flat()
    // Who called is told of what becomes of whom it called, too.
    expect([...new Set(told.filter((type) => /parked/.test(type)))]).toEqual(parked)
    await alice.command('hangup')
    await room.up(0)
    await room.close()
    const atTheEnd = (pcm: Int16Array): Int16Array => pcm.subarray(-8 * 2000)
    expect(toneMs(atTheEnd(alice.heard()), toneHz['1002'])).toBeGreaterThan(1000)
    expect(toneMs(atTheEnd(bob.heard()), toneHz['1001'])).toBeGreaterThan(1000)
    expect(await metric('ringdown_media_threads')).toBe(2)
  },
  60_000,
)
