import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { writeVerbs } from '../../../engine/api/dialects/telefonie/write-verbs.ts'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import { ha1Md5, ha1Sha256 } from '../../../engine/core/digest.ts'
import { type ApiLab, apiLab, otherKey, ours, startMs } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const post = (url: string, payload: object) => lab.ask({ method: 'POST', url, payload })
const errorOf = (body: unknown) => (body as { error: Record<string, string> }).error
const idOf = (body: unknown) => (body as { id: string }).id
const created = new Date(startMs).toISOString()
const theirHeaders = { 'x-api-key': otherKey }
const unknownId = '99999999-2222-4333-8444-555555555555'

const verbs = [{ verb: 'hangup' }]
test.each([
  ['devices', { username: 'desk' }],
  ['numbers', { number: '+61255550123', route: { verbs } }],
] as const)('10,000 %s of an account are the most', async (kind, payload) => {
  const count = vi.spyOn(lab.store[kind], 'count').mockResolvedValue(10_000)
  const refused = await post(`/v1/voice/${kind}`, payload)
  expect([refused.status, errorOf(refused.body)]).toMatchObject([
    400,
    { code: 'invalid_request', message: `There are 10000 ${kind} already` },
  ])
  expect(await lab.store[kind].list(ours.id)).toEqual([])
  count.mockResolvedValue(9_999)
  expect((await post(`/v1/voice/${kind}`, payload)).status).toBe(201)
  expect(count).toHaveBeenCalledWith(ours.id)
})

describe('devices', () => {
  const base = '/v1/voice/devices'

  test('the password is made here, shown once and kept as digests only', async () => {
    const { status, body, headers } = await post(base, { username: 'desk.1', name: 'Front desk' })
    expect(status).toBe(201)
    const shown = {
      id: expect.any(String),
      username: 'desk.1',
      name: 'Front desk',
      registered: false,
      contacts: [],
      webrtc: 'auto',
      srtp: 'optional',
      codecs: ['opus', 'G722', 'PCMU', 'PCMA'],
      forwarding: {},
      date_created: created,
    }
    const password = 'correct-horse-battery-staple'
    expect(body).toEqual({ ...shown, password, realm: 'ringdown' })
    expect(headers['location']).toBe(`${base}/${idOf(body)}`)
    expect((await lab.ask({ url: `${base}/${idOf(body)}` })).body).toEqual(shown)
    expect((await lab.ask({ url: `${base}/desk.1` })).body).toEqual(shown)
    expect((await lab.ask({ url: `${base}/desk.1`, headers: theirHeaders })).status).toBe(404)
    expect((await lab.ask({ url: base })).body).toEqual({ devices: [shown] })
    expect(await lab.store.devices.byUsername('desk.1')).toMatchObject({
      ha1Md5: ha1Md5('desk.1', 'ringdown', password),
      ha1Sha256: ha1Sha256('desk.1', 'ringdown', password),
    })
  })

  test('a password of the client', async () => {
    const { body } = await post(base, { username: 'desk', password: 'twelve chars' })
    expect(body).toMatchObject({ name: 'desk', password: 'twelve chars' })
  })

  test('where it is registered', async () => {
    const { body } = await post(base, { username: 'desk' })
    const line = ';line=lCs3ZZ0xNsTTxQW9aQpx2a'
    const contact = {
      uri: `sip:desk@10.0.0.9${line}`,
      source: 'udp/10.0.0.9:5060',
      userAgent: null,
    }
    lab.contacts.set(idOf(body), [
      {
        ...{ ...contact, expiresAtMs: startMs, registeredAtMs: startMs },
        ...{ q: 0.5, path: [], reachability: 'reachable', roundTripMs: 12.5 },
      },
    ])
    expect((await lab.ask({ url: `${base}/${idOf(body)}` })).body).toMatchObject({
      registered: true,
      contacts: [
        {
          ...{
            uri: `sip:desk@10.0.0.9;line=${'*'.repeat(22)}`,
            source: contact.source,
            user_agent: null,
            expires_at: created,
          },
          ...{ transport: 'udp', registered_at: created, q: 0.5 },
          ...{ status: 'reachable', round_trip_ms: 12.5 },
        },
      ],
    })
  })

  test('a name is taken for all accounts', async () => {
    await post(base, { username: 'desk' })
    const request = { method: 'POST', url: base, payload: { username: 'desk' } } as const
    for (const headers of [{}, theirHeaders]) {
      const { status, body } = await lab.ask({ ...request, headers })
      expect([status, errorOf(body)['code']]).toEqual([409, 'already_exists'])
    }
  })

  test.each([
    [{}, 'missing_parameter', 'username'],
    [{ username: 'a' }, 'invalid_request', 'username'],
    [{ username: 'a b' }, 'invalid_request', 'username'],
    [{ username: 'a@b' }, 'invalid_request', 'username'],
    [{ username: 'x'.repeat(33) }, 'invalid_request', 'username'],
    [{ username: 'desk', password: 'short' }, 'invalid_request', 'password'],
    [{ username: 'desk', password: 'twelve chars ' }, 'invalid_request', 'password'],
    [{ username: 'desk', password: 'twelve\u00e9chars' }, 'invalid_request', 'password'],
    [{ username: 'desk', password: 'twelve\r\nchars' }, 'invalid_request', 'password'],
    [{ username: 'desk', name: '' }, 'invalid_request', 'name'],
    [{ username: 'desk', admin: true }, 'unknown_parameter', 'admin'],
  ])('%j is refused', async (payload, code, field) => {
    const { status, body } = await post(base, payload)
    expect([status, errorOf(body)]).toMatchObject([400, { code, field }])
    expect((await lab.ask({ url: base })).body).toEqual({ devices: [] })
  })

  test('DELETE, once, by its owner', async () => {
    const { body } = await post(base, { username: 'desk' })
    const request = { method: 'DELETE', url: `${base}/${idOf(body)}` } as const
    expect((await lab.ask({ ...request, headers: theirHeaders })).status).toBe(404)
    expect((await lab.ask(request)).status).toBe(204)
    expect((await lab.ask(request)).status).toBe(404)
  })
})

describe('numbers', () => {
  const base = '/v1/voice/numbers'
  const number = '+61255550123'

  const noPins = { has_pin: false, has_moderator_pin: false }
  test.each([
    [{ url: 'https://app.example/' }, { url: 'https://app.example/', method: 'POST' }],
    [
      { url: 'https://app.example/', method: 'GET' },
      { url: 'https://app.example/', method: 'GET' },
    ],
    [{ number: '+61255550124' }, { number: '+61255550124' }],
    [{ verbs: [{ verb: 'pause', length: 1 }] }, { verbs: [{ verb: 'pause', length: 1 }] }],
    [{ queue: 'support' }, { queue: 'support' }],
    [{ conference: { name: 'Monday' } }, { conference: { name: 'Monday', ...noPins } }],
    [
      { conference: { name: 'a', pin: '1234', record: true, max_duration: 60 } },
      { conference: { name: 'a', ...noPins, has_pin: true, record: true, max_duration: 60 } },
    ],
  ])('route %j', async (route, shown) => {
    const { status, body } = await post(base, { number, route })
    expect(status).toBe(201)
    const { url: voice_url = null, method: voice_method = null } = shown as Record<string, unknown>
    const where = { route: shown, voice_url, voice_method }
    const whole = { id: idOf(body), number, ...where, forwarding: {}, date_created: created }
    expect(body).toEqual(whole)
    expect((await lab.ask({ url: `${base}/${idOf(body)}` })).body).toEqual(whole)
    expect((await lab.ask({ url: base })).body).toEqual({ numbers: [whole] })
    expect((await lab.ask({ url: base, headers: theirHeaders })).body).toEqual({ numbers: [] })
  })

  test('route to a device of ours, not to one of others', async () => {
    await post('/v1/voice/devices', { username: 'desk' })
    const request = { method: 'POST', url: base, payload: { number, route: { device: 'desk' } } }
    const theirs = await lab.ask({ ...request, method: 'POST', headers: theirHeaders })
    expect([theirs.status, errorOf(theirs.body)['field']]).toEqual([400, 'route.device'])
    const made = await post(base, request.payload)
    expect(made.body).toMatchObject({ route: { device: 'desk' } })
  })

  const url = 'https://app.example/'
  const saidBy = (voice: string) => ({ verbs: [{ verb: 'say', text: 'a', voice }] })
  test.each([
    [{ number }, 'missing_parameter', 'route'],
    [{ route: { url } }, 'missing_parameter', 'number'],
    [{ number, route: {} }, 'missing_parameter', 'route'],
    [{ number: '0255550123', route: { url } }, 'invalid_phone_number', 'number'],
    [{ number, route: { url: 'ftp://x' } }, 'url_not_allowed', 'route.url'],
    [{ number, route: { url, number: '+61255550124' } }, 'invalid_request', 'route'],
    [{ number, route: { number: '+1' } }, 'invalid_phone_number', 'route.number'],
    [{ number, route: { number } }, 'invalid_request', 'route.number'],
    [{ number, route: { device: 'nobody' } }, 'invalid_request', 'route.device'],
    [{ number, route: { device: 'x', method: 'GET' } }, 'invalid_request', 'route.method'],
    [{ number, route: { url, method: 'PUT' } }, 'invalid_request', 'route.method'],
    [{ number, route: { url, colour: 1 } }, 'unknown_parameter', 'route.colour'],
    [{ number, route: [] }, 'invalid_request', 'route'],
    [{ number, route: { conference: {} } }, 'missing_parameter', 'route.conference.name'],
    [{ number, route: { conference: { name: '' } } }, 'invalid_request', 'route.conference.name'],
    [{ number, route: { url, conference: { name: 'a' } } }, 'invalid_request', 'route'],
    [
      { number, route: { conference: { name: 'a', talkers: -1 } } },
      ...(['invalid_request', 'route.conference.talkers'] as const),
    ],
    [{ number, route: { verbs: [{ verb: 'sing' }] } }, 'invalid_request', undefined],
    [{ number, route: saidBy('nobody') }, 'invalid_request', 'voice'],
  ])('%j is refused', async (payload, code, field) => {
    const { status, body } = await post(base, payload)
    expect([status, errorOf(body)]).toMatchObject([400, { code, ...(field && { field }) }])
    expect((await lab.ask({ url: base })).body).toEqual({ numbers: [] })
  })

  test('a number is taken for all accounts', async () => {
    await post(base, { number, route: { url } })
    const request = { method: 'POST', url: base, payload: { number, route: { url } } } as const
    expect((await lab.ask({ ...request, headers: theirHeaders })).status).toBe(409)
  })

  test.each(['POST', 'PATCH'] as const)('%s changes the route', async (method) => {
    const { body } = await post(base, { number, route: { url } })
    const request = { method, url: `${base}/${idOf(body)}` }
    const route = { number: '+61255550124' }
    const refused = await lab.ask({ ...request, payload: { route }, headers: theirHeaders })
    expect(refused.status).toBe(404)
    expect((await lab.ask({ ...request, payload: {} })).status).toBe(400)
    expect((await lab.ask({ ...request, payload: { route } })).body).toMatchObject({ route })
    expect((await lab.ask({ url: request.url })).body).toMatchObject({ number, route })
  })

  test('DELETE, once', async () => {
    const { body } = await post(base, { number, route: { url } })
    const request = { method: 'DELETE', url: `${base}/${idOf(body)}` } as const
    expect((await lab.ask(request)).status).toBe(204)
    expect((await lab.ask(request)).status).toBe(404)
    expect((await post(base, { number, route: { url } })).status).toBe(201)
  })
})

/** What a trunk is shown to be that says nothing of it. */
const unsaid = {
  registration: null,
  inbound: { by: 'address', addresses: [] },
  ping_interval_s: null,
  trusted: false,
  allow_transfer: false,
  caller_id: { allow: 'owned', privacy: 'show' },
  numbers: { format: 'plus-e164', country: null, rules_out: [], rules_in: [] },
  codecs: ['PCMU', 'PCMA'],
  srtp: 'off',
  auth_realm: null,
  status: {
    ...{ registration: null, registered_until: null, last_error: null },
    ...{ reachable: null, round_trip_ms: null },
  },
}

describe('trunks', () => {
  const base = '/v1/voice/trunks'
  const full = {
    name: 'carrier',
    host: 'sip.carrier.example',
    port: 5080,
    transport: 'tcp',
    username: 'me',
    prefixes: ['+61', '+64'],
    priority: 3,
    enabled: false,
    weight: 30,
    max_calls: 60,
    max_calls_per_second: null,
    default_caller_id: '+61255550123',
  }

  test('the password goes in and never comes out', async () => {
    const { status, body } = await post(base, { ...full, password: 'hush' })
    expect(status).toBe(201)
    const shown = { id: idOf(body), ...full, has_password: true, ...unsaid }
    expect(body).toEqual(shown)
    expect((await lab.ask({ url: `${base}/${idOf(body)}` })).body).toEqual(shown)
    expect((await lab.ask({ url: base })).body).toEqual({ trunks: [shown] })
    expect((await lab.store.trunks.list())[0]).toMatchObject({ password: 'hush' })
  })

  test('the port of a name is for DNS to say, unless it is given', async () => {
    const named = { name: 'b', host: 'carrier.example', transport: 'tls' }
    expect((await post(base, named)).body).toMatchObject({ port: 0 })
    const address = { ...named, host: '192.0.2.1' }
    expect((await post(base, address)).body).toMatchObject({ port: 5061 })
    expect((await post(base, { ...named, port: 5070 })).body).toMatchObject({ port: 5070 })
  })

  test('defaults', async () => {
    const { body } = await post(base, { name: 'a', host: '192.0.2.1' })
    expect(body).toEqual({
      id: idOf(body),
      name: 'a',
      host: '192.0.2.1',
      port: 5060,
      transport: 'udp',
      username: null,
      has_password: false,
      prefixes: [],
      priority: 10,
      weight: 10,
      max_calls: null,
      max_calls_per_second: null,
      enabled: true,
      default_caller_id: null,
      ...unsaid,
    })
  })

  const good = { name: 'a', host: 'sip.example' }
  test.each([
    [{ name: 'a' }, 'missing_parameter', 'host'],
    [{ host: 'sip.example' }, 'missing_parameter', 'name'],
    [{ ...good, host: 'sip.example:5060' }, 'invalid_request', 'host'],
    [{ ...good, host: 'a b' }, 'invalid_request', 'host'],
    [{ ...good, host: '300.1.1.1' }, 'invalid_request', 'host'],
    [{ ...good, host: 'x>\r\nVia: y' }, 'invalid_request', 'host'],
    [{ ...good, port: -1 }, 'invalid_request', 'port'],
    [{ ...good, port: 65_536 }, 'invalid_request', 'port'],
    [{ ...good, transport: 'sctp' }, 'invalid_request', 'transport'],
    [{ ...good, password: 'x' }, 'invalid_request', 'username'],
    [{ ...good, prefixes: ['61'] }, 'invalid_request', 'prefixes'],
    [{ ...good, prefixes: '+61' }, 'invalid_request', 'prefixes'],
    [{ ...good, priority: 'high' }, 'invalid_request', 'priority'],
    [{ ...good, weight: 0 }, 'invalid_request', 'weight'],
    [{ ...good, weight: 101 }, 'invalid_request', 'weight'],
    [{ ...good, max_calls: 0 }, 'invalid_request', 'max_calls'],
    [{ ...good, max_calls_per_second: 1.5 }, 'invalid_request', 'max_calls_per_second'],
    [{ ...good, default_caller_id: '0255' }, 'invalid_phone_number', 'default_caller_id'],
    [{ ...good, id: unknownId }, 'unknown_parameter', 'id'],
  ])('%j is refused', async (payload, code, field) => {
    const { status, body } = await post(base, payload)
    expect([status, errorOf(body)]).toMatchObject([400, { code, field }])
    expect(await lab.store.trunks.list()).toEqual([])
  })

  test.each(['POST', 'PATCH'] as const)('%s changes what is given', async (method) => {
    const { body } = await post(base, { ...full, password: 'hush' })
    const request = { method, url: `${base}/${idOf(body)}` }
    const changed = await lab.ask({ ...request, payload: { enabled: true, password: null } })
    expect(changed.body).toEqual({
      ...full,
      id: idOf(body),
      enabled: true,
      has_password: false,
      ...unsaid,
    })
    expect((await lab.ask({ ...request, payload: {} })).status).toBe(400)
    expect((await lab.ask({ ...request, payload: { password: 'x', username: null } })).status).toBe(
      400,
    )
    expect((await lab.ask({ ...request, payload: { host: 'b' } })).body).toMatchObject({
      host: 'b',
      username: 'me',
    })
  })

  test('DELETE, once; unknown ones are 404', async () => {
    const { body } = await post(base, good)
    const request = { method: 'DELETE', url: `${base}/${idOf(body)}` } as const
    expect((await lab.ask(request)).status).toBe(204)
    expect((await lab.ask(request)).status).toBe(404)
    expect((await lab.ask({ url: `${base}/${unknownId}` })).status).toBe(404)
    expect((await lab.ask({ url: `${base}/x` })).status).toBe(404)
  })
})

describe('the way of a number', () => {
  const url = '/v1/voice/routes/explain'
  test('trunk by trunk', async () => {
    const trunk = { name: 'carrier', host: '192.0.2.1', prefixes: ['+61'], max_calls: 5 }
    const { body: made } = await post('/v1/voice/trunks', trunk)
    const { status, body } = await post(url, { to: '+61412345678' })
    expect(status).toBe(200)
    expect(body).toEqual({
      to: '+61412345678',
      goes_to: 'trunk',
      trunk_id: idOf(made),
      error_code: null,
      reason: expect.stringContaining('carrier'),
      trunks: [
        {
          trunk_id: idOf(made),
          name: 'carrier',
          enabled: true,
          prefix_fits: true,
          prefix: '+61',
          priority: 10,
          weight: 10,
          cooling_down_s: 0,
          is_down: false,
          registration: null,
          calls: 0,
          max_calls: 5,
          max_calls_per_second: null,
          limit_reached: null,
          chosen: true,
          position: 1,
          chance: 1,
          caller_id: '+15005550000',
          dialled: '+61412345678',
          reason: 'priority 10 is the lowest of those that can take the call',
        },
      ],
    })
  })

  test('no way is an answer too', async () => {
    expect(await post(url, { to: '+61412345678' })).toMatchObject({
      status: 200,
      body: { goes_to: 'nowhere', trunk_id: null, error_code: 'no_route', trunks: [] },
    })
  })

  test.each([
    [{}, 'missing_parameter', 'to'],
    [{ to: '0412' }, 'invalid_phone_number', 'to'],
    [{ to: 7 }, 'invalid_request', 'to'],
    [{ to: '+61412345678', from: '+4930123456' }, 'from_not_owned', 'from'],
    [{ to: '+61412345678', call: true }, 'unknown_parameter', 'call'],
  ])('%j is refused', async (payload, code, field) => {
    const { status, body } = await post(url, payload)
    expect([status, errorOf(body)]).toMatchObject([400, { code, field }])
  })
})

test('verbs are written as they are read', () => {
  const document = [
    { verb: 'answer' },
    { verb: 'say', text: 'hello', voice: 'en-au', loop: 2 },
    { verb: 'say', text: '<speak>hello</speak>', markup: 'ssml' },
    { verb: 'play', url: 'https://app.example/a.wav' },
    {
      verb: 'gather',
      prompt: { verb: 'say', text: 'press' },
      num_digits: 2,
      finish_on_key: '',
      timeout: 2.5,
      attempts: 3,
      url: 'https://app.example/',
      branches: { '1': [{ verb: 'pause', length: 0.5 }], '2': [{ verb: 'hangup' }] },
    },
    { verb: 'gather' },
    { verb: 'dial', to: '+61412345678', from: '+61255550123', timeout: 20, record: true },
    { verb: 'record', action: 'stop' },
    { verb: 'send_digits', digits: '12#' },
    { verb: 'redirect', url: 'https://app.example/', method: 'GET' },
    { verb: 'reject', sip_status: 486 },
    { verb: 'reject' },
  ]
  expect(writeVerbs(readVerbs(document))).toEqual(document)
})

describe('events', () => {
  const types = async (query: string, headers?: Record<string, string>) => {
    const { body } = await lab.ask({
      url: `/v1/voice/events${query}`,
      ...(headers && { headers }),
    })
    return (body as { events: { sequence: number; type: string }[] }).events.map(
      ({ sequence, type }) => [sequence, type],
    )
  }

  test('the log from a number on, for its own account alone', async () => {
    const drafts = (['device.registered', 'trunk.down', 'device.unregistered'] as const).map(
      (type, index) => ({ type, atMs: startMs + index, data: { roundTripMs: index } }),
    )
    await lab.store.events.append(ours.id, drafts)
    expect(await types('?after=1')).toEqual([
      [2, 'trunk.down'],
      [3, 'device.unregistered'],
    ])
    expect(await types('?page_size=1')).toEqual([[1, 'device.registered']])
    expect(await types('', theirHeaders)).toEqual([])
    expect((await lab.ask({ url: '/v1/voice/events?after=2' })).body).toEqual({
      events: [
        {
          ...{
            sequence: 3,
            type: 'device.unregistered',
            call_id: null,
            conference_id: null,
            data: { round_trip_ms: 2 },
          },
          at: new Date(startMs + 2).toISOString(),
        },
      ],
      ...{ next_after: 3, has_more: false, gone_to: 0 },
    })
  })

  test.each(['?after=-1', '?after=x', '?page_size=0', '?page_size=1001', '?before=0'])(
    '%s is refused',
    async (query) => {
      expect((await lab.ask({ url: `/v1/voice/events${query}` })).status).toBe(400)
    },
  )
})
