/** SRTP with keys of SDP, and wide-band codecs, with real phones, by what they hear. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn, logLines } from '../support/log-lines.ts'
import { PhoneRoom, toneHz } from '../support/phone-room.ts'
import { toneMs } from '../support/tone-times.ts'

/** The lab's echo. */
const echo = '+15005550140'

let engine: EngineProcess
let room: PhoneRoom
beforeAll(async () => {
  engine = await startEngine()
  room = await PhoneRoom.at(engine)
})
afterEach(async () => {
  await room?.close()
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))
async function tell(username: string, change: object): Promise<void> {
  const { devices } = (await engine.get('/v1/voice/devices')).body
  const { id } = devices.find((one: Json) => one.username === username)
  expect((await engine.send('PATCH', `/v1/voice/devices/${id}`, change)).status).toBe(200)
}
const byName = (a: string, b: string): number => a.localeCompare(b)

/** How the legs of the calls that are over since `before` were protected and encoded, sorted. */
async function legs(before: number, count: number): Promise<string[]> {
  const ended = () => logLines(engine.output()).filter(({ msg }) => msg === 'call ended')
  const all = await eventually(
    async () => ended().slice(before),
    (lines) => lines.length >= count,
  )
  return all.map(({ codec, protection }: Json) => `${codec} ${protection}`).sort(byName)
}
const endedNow = (): number =>
  logLines(engine.output()).filter(({ msg }) => msg === 'call ended').length

describe('SRTP', () => {
  test('required of both phones, over TLS: each hears the other', async () => {
    const before = endedNow()
    for (const name of ['1001', '1002']) await tell(name, { srtp: 'required', codecs: ['PCMU'] })
    const alice = await room.linphone('1001', 'tls', undefined, { srtp: 'offered' })
    const bob = await room.baresip('1002', 'tls', { srtp: 'required' })
    alice.command(`call ${room.uri('1002', 'tls')}`)
    await room.up(2)
    await pause(4_000)
    alice.command('terminate')
    await room.up(0)
    await room.close()
    expect(toneMs(alice.heard(), toneHz['1002']), alice.output()).toBeGreaterThan(2_000)
    expect(toneMs(bob.heard(), toneHz['1001']), bob.output()).toBeGreaterThan(2_000)
    expect(await legs(before, 2)).toEqual(['PCMU sdes', 'PCMU sdes'])
  })

  test('off: what a phone offers of it is not taken, over TLS neither', async () => {
    const before = endedNow()
    await tell('1002', { srtp: 'off', codecs: ['PCMU'] })
    const bob = await room.baresip('1002', 'tls', { srtp: 'offered' })
    await bob.command('dial', room.uri(echo, 'tls'))
    await room.up(2)
    await pause(3_000)
    await bob.command('hangup')
    await room.up(0)
    expect(await legs(before, 2)).toEqual(['PCMU none', 'PCMU none'])
  })

  test.each([
    ['a phone without SRTP, over TLS', 'tls', undefined],
    ['a phone with SRTP, over UDP, where its keys could be read', 'udp', 'required'],
  ] as const)('required: %s gets 488 and is not called', async (_who, transport, srtp) => {
    const before = endedNow()
    await tell('1002', { srtp: 'required', codecs: ['PCMU'] })
    const bob = await room.baresip('1002', transport, { ...(srtp && { srtp }) })
    await bob.command('dial', room.uri(echo, transport))
    expect(await legs(before, 1)).toEqual(['null null'])
    await expect.poll(() => bob.output()).toMatch(/488 /)
    const call = { to: '1002', from: '+15005550100', verbs: [{ verb: 'pause', length: 1 }] }
    const made = await engine.send('POST', '/v1/voice/calls', call)
    const told = await eventually(
      async () => (await engine.get(`/v1/voice/calls/${made.body.id}`)).body,
      ({ status }) => status !== 'queued' && status !== 'ringing',
    )
    expect(told).toMatchObject({
      status: 'failed',
      end_reason: transport === 'udp' ? 'srtp_unavailable' : 'rejected:488',
    })
  })

  test('optional over UDP: keys are neither told nor taken', async () => {
    const before = endedNow()
    await tell('1002', { srtp: 'optional', codecs: ['PCMU'] })
    const bob = await room.baresip('1002', 'udp', { srtp: 'offered' })
    await bob.command('dial', room.uri(echo))
    await room.up(2)
    await pause(2_500)
    await bob.command('hangup')
    await room.up(0)
    await room.close()
    expect(toneMs(bob.heard(), toneHz['1002']), bob.output()).toBeGreaterThan(1_000)
    expect(await legs(before, 2)).toEqual(['PCMU none', 'PCMU none'])
  })
})

describe('codecs', () => {
  test.each(['G722', 'opus'] as const)(
    '%s: the phone hears itself on the echo, which has PCMU',
    async (codec) => {
      const before = endedNow()
      await tell('1002', { srtp: 'optional', codecs: ['opus', 'G722', 'PCMU', 'PCMA'] })
      const bob = await room.baresip('1002', 'udp', { codec })
      await bob.command('dial', room.uri(echo))
      await room.up(2)
      await pause(4_000)
      await bob.command('hangup')
      await room.up(0)
      await room.close()
      expect(toneMs(bob.heard(), toneHz['1002']), bob.output()).toBeGreaterThan(2_000)
      expect(await legs(before, 2)).toEqual([`${codec} none`, 'PCMU none'].sort(byName))
    },
  )

  test('opus from phone to phone is passed on', async () => {
    const before = endedNow()
    for (const name of ['1001', '1002']) {
      await tell(name, { srtp: 'optional', codecs: ['opus', 'G722', 'PCMU', 'PCMA'] })
    }
    const alice = await room.linphone('1001', 'tls', undefined, { codec: 'opus', srtp: 'offered' })
    const bob = await room.baresip('1002', 'udp', { codec: 'opus' })
    alice.command(`call ${room.uri('1002', 'tls')}`)
    await room.up(2)
    await pause(4_000)
    alice.command('terminate')
    await room.up(0)
    await room.close()
    expect(toneMs(alice.heard(), toneHz['1002']), alice.output()).toBeGreaterThan(2_000)
    expect(toneMs(bob.heard(), toneHz['1001']), bob.output()).toBeGreaterThan(2_000)
    expect(await legs(before, 2)).toEqual(['opus none', 'opus sdes'])
  })
})
