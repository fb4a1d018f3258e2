/** Real phones in a conference: by its number with a PIN, called into it, and out of it again. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type BaresipPhone, keys } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { bugsIn } from '../support/log-lines.ts'
import { PhoneRoom, toneHz } from '../support/phone-room.ts'
import { otherSoundMs, toneMs } from '../support/tone-times.ts'

const number = '+15005550170'

let engine: EngineProcess
let phones: PhoneRoom
const told: Json[] = []
const application = createServer((request, response) => {
  let body = ''
  request.on('data', (data: Buffer) => {
    body += data.toString()
  })
  request.on('end', () => {
    told.push(JSON.parse(body))
    response.end()
  })
})

beforeAll(async () => {
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  engine = await startEngine({ RINGDOWN_ALLOWED_URL_TARGETS: '127.0.0.0/8' })
  phones = await PhoneRoom.at(engine)
})
afterEach(() => {
  expect(bugsIn(engine.output())).toEqual([])
})
afterAll(async () => {
  await phones?.close()
  application.close()
  await engine?.stop()
  engine?.removeData()
})

const conferences = async (): Promise<Json[]> =>
  (await engine.get('/v1/voice/conferences')).body.conferences
const members = async (id: string): Promise<Json[]> =>
  (await engine.get(`/v1/voice/conferences/${id}/participants`)).body.participants
const connected = (id: string, count: number): Promise<Json[]> =>
  eventually(
    () => members(id),
    (list) => list.filter(({ status }: Json) => status === 'connected').length === count,
  )
const settled = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs))

async function dialIn(phone: BaresipPhone, user: string, pin: string): Promise<void> {
  await phone.command('dial', phones.uri(number))
  await eventually(
    () => phones.liveCalls(),
    (calls) => calls.some(({ from }) => from === user),
  )
  await keys(phone, pin)
}

test('two dial the number, enter the PIN and hear each other; a third is called in', async () => {
  const { port } = application.address() as AddressInfo
  const conference = {
    ...{ name: 'Monday', pin: '4711', record: true, entry_sound: 'none', exit_sound: 'none' },
    status_callback: `http://127.0.0.1:${port}/`,
    ...{ speaking_events: true, trim_recordings: true },
  }
  const made = await engine.send('POST', '/v1/voice/numbers', { number, route: { conference } })
  expect(made).toMatchObject({ status: 201 })
  const first = await phones.baresip('1001')
  const second = await phones.baresip('1002')
  const third = await phones.baresip('1003', 'udp', { codec: 'opus' })
  await Promise.all([dialIn(first, '1001', '4711'), dialIn(second, '1002', '4711')])
  const [room] = await eventually(conferences, (list) => list[0]?.participant_count === 2)
  expect(room).toMatchObject({ friendly_name: 'Monday', status: 'in-progress' })
  await settled(4_000)
  const base = `/v1/voice/conferences/${room.id}`
  const invited = await engine.send('POST', `${base}/participants`, {
    ...{ to: '1003', from: '+15005550100', label: 'third' },
  })
  expect(invited).toMatchObject({ status: 201, body: { status: 'queued', label: 'third' } })
  await connected(room.id, 3)
  await settled(4_000)
  const levels: Json = (await engine.get(base)).body
  expect(levels.levels).toHaveLength(3)
  const muted = await engine.send('PATCH', `${base}/participants/${invited.body.call_id}`, {
    muted: true,
  })
  expect(muted).toMatchObject({ status: 200, body: { muted: true } })
  await settled(2_000)
  await third.command('hangup')
  await connected(room.id, 2)
  for (const { call_id } of await members(room.id)) {
    await engine.send('PATCH', `${base}/participants/${call_id}`, { muted: true })
  }
  await settled(1_500)
  expect((await engine.send('DELETE', base)).status).toBeLessThan(300)
  await eventually(
    () => phones.liveCalls(),
    (calls) => calls.length === 0,
  )
  await settled(500)
  await phones.close()

  const [one, two, three] = [first.heard(), second.heard(), third.heard()]
  const hz = [toneHz['1001'], toneHz['1002'], toneHz['1003']] as const
  // A window that is nearly all of one tone has nobody else in it.
  expect(toneMs(one, hz[1])).toBeGreaterThan(2_500)
  expect(toneMs(two, hz[0])).toBeGreaterThan(2_500)
  expect([toneMs(one, hz[0]), toneMs(two, hz[1]), toneMs(three, hz[2])]).toEqual([0, 0, 0])
  // The third hears two at a time: no tone of one alone.
  expect(otherSoundMs(three, hz)).toBeGreaterThan(2_500)

  const over = (await engine.get(base)).body
  expect(over).toMatchObject({ status: 'completed', end_reason: 'api', peak_participants: 3 })
  await eventually(
    async () => told,
    (list) =>
      ['conference.ended', 'conference.recording-completed'].every((name) =>
        list.some(({ event }: Json) => event === name),
      ),
  )
  const names = told.map(({ event }: Json) => event)
  expect(names[0]).toBe('conference.created')
  expect(names).toEqual(
    expect.arrayContaining([
      ...['participant.joined', 'participant.muted', 'participant.speaking-started'],
      'conference.active-speaker',
    ]),
  )
  const sequences = told.map(({ sequence }: Json) => sequence)
  expect(sequences).toEqual([...sequences].sort((a, b) => a - b))

  const { recordings } = (await engine.get('/v1/voice/recordings')).body
  expect(recordings).toHaveLength(1)
  const media = await engine.get(`/v1/voice/recordings/${recordings[0].id}`)
  expect(media.body).toMatchObject({ call_id: null, status: 'completed' })
  expect(media.body.duration).toBeGreaterThan(9)
  const [beganAtMs = 0, endedAtMs = 0] = told
    .filter(({ event }: Json) => /recording-(?:started|completed)$/.test(event))
    .map(({ at }: Json) => Date.parse(at))
  // Nobody was heard in the last 1.5 s; 300 ms of that stay.
  expect(endedAtMs - beganAtMs - media.body.duration_ms).toBeGreaterThan(700)
})
