/**
 * What is of another account is not there: every route of every API whose path names something is asked by a stranger
 * about what another account has.
 *
 * A test fails for a new route? Say in `seeds` how the other account comes by what its path names, by the name of the
 * parameter (or by the operation, where the name means something else there).
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Dialect, Route } from '../../engine/api/dialect.ts'
import type { AccountId, CallId, DeviceId, RecordingId } from '../../engine/core/ids.ts'
import type { Json } from '../support/engine-process.ts'
import { leftVoicemail } from '../support/left-voicemail.ts'
import { dialects, type Lab, openLab } from './lab.ts'
import { callIdOf, conformers, type Owner } from './table.ts'

const unlimited = dialects.map(({ requestsPerSecond: _, ...rest }) => rest)
const nobody = '99999999-2222-4333-8444-555555555555'
const uuid = (digit: number) => `${String(digit).repeat(8)}-2222-4333-8444-555555555555`

let lab: Lab
let seeded: Record<string, string>
const shown = ({ id }: Dialect, owner: Owner) =>
  conformers.find((one) => one.id === id)!.shows[0]!(owner)
const native = dialects[0]!

async function make(path: string, payload: object, dialect = native): Promise<Json> {
  const headers = { ...shown(dialect, lab.ours), prefer: 'respond-async' }
  const { status, body } = await lab.ask({ method: 'POST', url: path, payload, headers })
  expect([path, status, body]).toEqual([path, expect.toSatisfy((code) => code < 300), body])
  return body
}
const read = async (url: string): Promise<Json> =>
  (await lab.ask({ url, headers: shown(native, lab.ours) })).body

/** What the operator's account has, by the parameter (or by operation and parameter) that names it. */
const seeds: Readonly<Record<string, (made: Record<string, string>) => string | Promise<string>>> =
  {
    call_id: async () =>
      (await make('/v1/voice/calls', { to: '+61255550123', from: lab.ours.number })).id,
    callId: ({ call_id = '' }) => callIdOf(call_id),
    'getOutboundCallStatus callId': ({ call_id = '' }) => call_id,
    conference_id: async () => (await make('/v1/voice/conferences', { friendly_name: 'M' })).id,
    queue_id: async () => (await make('/v1/voice/queues', { name: 'sales' })).id,
    agent_id: async ({ queue_id, device_id }) => {
      const { username } = await read(`/v1/voice/devices/${device_id}`)
      return (await make(`/v1/voice/queues/${queue_id}/agents`, { target: username })).id
    },
    device_id: async () => (await make('/v1/voice/devices', { username: 'hall' })).id,
    number_id: async () =>
      (
        await make('/v1/voice/numbers', {
          ...{ number: '+61255559876', route: { verbs: [{ verb: 'hangup' }] } },
        })
      ).id,
    key_id: async () => (await make('/v1/voice/keys', {})).id,
    recording_id: async ({ call_id }) => {
      await lab.calls.store.recordings.save({
        ...{ id: uuid(1) as RecordingId, accountId: lab.calls.account.id, failure: null },
        ...{ callId: call_id as CallId, status: 'completed', path: '/etc/hostname', channels: 2 },
        ...{ durationMs: 1, bytes: 1, createdAtMs: 1 },
      })
      return uuid(1)
    },
    voicemail_id: async ({ device_id }) => {
      const left = { id: uuid(2), path: '/etc/hostname' }
      const { store, account } = lab.calls
      return (await leftVoicemail(store, account.id, device_id as DeviceId, left)).id
    },
    box_id: async ({ device_id }) =>
      (await lab.calls.store.voicemailBoxes.ofDevice(device_id as DeviceId))?.id ?? '',
    message_id: ({ voicemail_id = '' }) => voicemail_id,
    kind: () => 'busy',
    voice_id: () => 'lab:ann',
    prompt_id: async () => {
      const audio = readFileSync(new URL('../fixtures/sounds/tone.opus', import.meta.url))
      const made = await make('/v1/voice/prompts', {
        name: 'theirs',
        audio: audio.toString('base64'),
      })
      return made.id
    },
    webhook_id: async () =>
      (await make('/v1/voice/webhooks', { url: 'https://app.example/', events: ['call.*'] })).id,
    webhookId: async () =>
      (
        await make(
          '/api/webhooks',
          { url: 'https://app.example/' },
          dialects.find(({ id }) => id === 'telephony')!,
        )
      ).id,
    speed_dial: async () => {
      const body = { speed_dial: '7', service_type: 'Phonenumber', service_id: '3215551111' }
      await make('/v2/speeddials', { ...body, label: 'x' }, named('fonenumber'))
      return '7'
    },
    uid: async () => {
      const one = conformers.find(({ id }) => id === 'voicecall')!
      const made = await make(
        one.creates[0].path,
        one.creates[0].good(lab.ours, 1),
        named('voicecall'),
      )
      return one.object.url(made).split('/').at(-1)!
    },
    // They are nobody's but the operator's, and refused to others before they are looked for.
    ...{ trunk_id: () => nobody, address: () => '203.0.113.9', deck_id: () => nobody },
    account_id: () => lab.calls.account.id,
    // No microphone, nobody parked and no webhook sent in this lab: the unit tests of each look at their owner.
    ...{ announcement_id: () => nobody, slot: () => '701', delivery_id: () => '1' },
    // Nobody can be dialled for one here.
    stream: async ({ call_id }) => {
      const { store, account } = lab.calls
      const call = await store.calls.get(account.id, call_id as CallId)
      const data = { streamId: uuid(3), name: 'bot', url: 'wss://bot.example/' }
      const told = { type: 'stream.started', callId: call!.id, atMs: 1, data } as const
      await store.calls.commit(call!, [told])
      return 'bot'
    },
  }
const named = (id: string) => dialects.find((dialect) => dialect.id === id)!

/** Its owner finds nothing there either, in this lab: what is named by two things, or needs a file or a phone. */
const notThereAnyway = new Set([
  ...['getConferenceParticipant', 'getQueueMember', 'getAnnouncement', 'getCallSip'],
  // It is not over.
  'getCallRecord',
  ...['getRateDeck', 'exportRates', 'getTrunk', 'getWebhookDelivery', 'followDevice'],
])

/** Of the whole installation, and read by whoever has a key. */
const everybodys = new Set(['getVoiceSample'])

const routes = unlimited.flatMap((dialect) =>
  dialect.routes
    .filter(({ path, operation }) => path.includes(':') && !everybodys.has(operation.id))
    .map((route) => [`${dialect.id} ${route.operation.id}`, dialect, route] as const),
)
const paramsOf = ({ path }: Route) => [...path.matchAll(/:(\w+)/g)].map(([, name]) => name!)
const seedOf = ({ operation }: Route, param: string) =>
  [`${operation.id} ${param}`, param].find((name) => name in seeds)

beforeAll(async () => {
  lab = await openLab({ limits: { requestsPerSecond: 1e9 }, dialects: unlimited })
  seeded = {}
  const order = ['call_id', 'device_id', 'queue_id', ...Object.keys(seeds)]
  for (const name of order) seeded[name] ??= await seeds[name]!(seeded)
})
afterAll(() => lab?.close())

const urlOf = (route: Route) =>
  route.path.replaceAll(/:(\w+)/g, (_all, param: string) => {
    const name = seedOf(route, param)
    if (name === undefined) throw new Error(`say in seeds of this file how ${param} is made`)
    return seeded[name]!
  })

function bodyOf({ body, operation }: Route): object | undefined {
  if (operation.id === 'updateVoiceCall') return { provider: 'x' }
  const { examples } = (body ?? {}) as { examples?: readonly object[] }
  return body && (examples?.[0] ?? {})
}

test('each thing that a path names is made', () => {
  const missing = routes.flatMap(([name, , route]) =>
    paramsOf(route)
      .filter((param) => seedOf(route, param) === undefined)
      .map((param) => `${name}: ${param}`),
  )
  expect(missing, 'say in seeds of this file how the other account comes by it').toEqual([])
})

const gets = routes.filter(([, , { method, operation }]) => {
  return method === 'GET' && !notThereAnyway.has(operation.id)
})
test.each(gets)('%s: its owner finds it', async (_name, dialect, route) => {
  const { status, body } = await lab.ask({ url: urlOf(route), headers: shown(dialect, lab.ours) })
  expect([status, status >= 400 ? body : '']).toEqual([200, ''])
})

test.each(routes)('%s: a stranger does not', async (_name, dialect, route) => {
  const { method } = route
  const payload = bodyOf(route)
  const answer = await lab.ask({
    ...{ method, url: urlOf(route), headers: shown(dialect, lab.theirs) },
    ...(payload && { payload }),
  })
  const isOperators = route.needs === 'operator'
  expect([answer.status, answer.body]).toEqual([isOperators ? 403 : 404, answer.body])
  expect(JSON.stringify(answer.body)).not.toContain(lab.calls.account.id)
})

describe('ids of another account in a body', () => {
  const by = (method: 'POST' | 'PATCH', url: string, payload: object) =>
    lab.ask({ method, url, payload, headers: shown(native, lab.theirs) })
  const mine = async (path: string, payload: object) => (await by('POST', path, payload)).body.id
  const refused = { status: expect.toSatisfy((code) => code === 400 || code === 404) }

  test('calls from its number, its device, or to its device', async () => {
    const { number } = lab.theirs
    for (const wanted of [
      { to: '+61255550123', from: lab.ours.number },
      { to: '+61255550123', from: 'hall' },
      { to: 'hall', from: number },
    ]) {
      expect(await by('POST', '/v1/voice/calls', wanted)).toMatchObject(refused)
    }
  })

  test('its calls, into a conference or another call', async () => {
    const call_id = seeded['call_id']
    const conference = await mine('/v1/voice/conferences', { friendly_name: 'mine' })
    const members = `/v1/voice/conferences/${conference}/participants`
    const call = await mine('/v1/voice/calls', { to: '+61255550123', from: lab.theirs.number })
    const device = await mine('/v1/voice/devices', { username: 'mine' })
    const requests: readonly (readonly [string, object, object])[] = [
      [members, { call_id }, { call_id: nobody }],
      [`/v1/voice/calls/${call}/bridge`, { call_id }, { call_id: nobody }],
      [`/v1/voice/devices/${device}/takeovers`, { call_id }, { call_id: nobody }],
      [
        `/v1/voice/calls/${call}`,
        { conference_id: seeded['conference_id'] },
        { conference_id: nobody },
      ],
    ]
    for (const [url, theirs, nobodys] of requests) {
      const answers = [await by('POST', url, theirs), await by('POST', url, nobodys)]
      const [foreign, never] = answers.map(({ status, body: { error } }) => [status, error?.code])
      expect([url, foreign]).toEqual([url, never])
      expect(foreign?.[0]).toBeGreaterThanOrEqual(400)
    }
  })

  test('lists hold nothing of it', async () => {
    const ids = Object.values(seeded).filter((id) => /^[0-9a-f-]{36}$/.test(id) && id !== nobody)
    const own = lab.calls.account.id as AccountId
    for (const dialect of unlimited) {
      const lists = dialect.routes.filter(
        ({ method, path, operation }) =>
          method === 'GET' && !path.includes(':') && operation.produces === undefined,
      )
      for (const { path } of lists) {
        const { body } = await lab.ask({ url: path, headers: shown(dialect, lab.theirs) })
        const text = JSON.stringify(body)
        for (const id of [...ids, own])
          expect([path, text]).toEqual([path, expect.not.stringContaining(id)])
      }
    }
  })
})
