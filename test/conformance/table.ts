/** What the suite has to know of each dialect to put the same questions to all of them. */
import { expect } from 'vitest'
import type { Json } from '../support/engine-process.ts'

type Headers = Readonly<Record<string, string>>

/** An account of the lab: its number, and what shows that a request is its own. */
export interface Owner {
  readonly number: string
  readonly key: string
  /** A signed token of the account, of a kind that its dialect takes. */
  readonly token: string
}

export interface Creating {
  readonly path: string
  /** A body that is taken; `n` makes it another one than the last. */
  good(owner: Owner, n: number): Json
  readonly status: number
  /** Fields without which it is not taken, with dots between the steps. */
  readonly required: readonly string[]
  /** Where nothing is required: the fields that can be wrong. A body without any is taken. */
  readonly optional?: readonly string[]
  readonly headers?: Headers
  /** Whole numbers count as the texts that they are written as. */
  readonly readsNumbers?: true
}

export interface Conformer {
  readonly id: string
  /** Ways to show who one is; the first is the document's own. */
  readonly shows: readonly ((owner: Owner) => Headers)[]
  /** The same credential where the dialect does not look. */
  readonly overlooks: readonly ((owner: Owner) => Headers)[]
  readonly challenge: string
  /** The first is the one that the dialect is there for. */
  readonly creates: readonly [Creating, ...Creating[]]
  /** Whether the first one makes calls. */
  readonly dials: boolean
  /** Something of one's own: made by that route, found at that address. */
  readonly object: {
    readonly madeBy: string
    url(made: Json): string
    /** The same for one that was never there. */
    readonly never: string
    /** What else can be done to it. */
    readonly changes: readonly (readonly ['POST' | 'PUT' | 'DELETE', Json?])[]
  }
  /** A list or another page that is always there. */
  readonly reads: string
  /** Content types of bodies that are not JSON and are read. */
  readonly alsoReads: readonly string[]
  /** The code in a refusal; fails when the refusal has not the dialect's shape. */
  codeOf(body: Json): string
}

const bearer = ({ key }: Owner): Headers => ({ authorization: `Bearer ${key}` })
const xApiKey = ({ key }: Owner): Headers => ({ 'x-api-key': key })
const tokenHeader = ({ key }: Owner): Headers => ({ token: key })
const raw = ({ key }: Owner): Headers => ({ authorization: key })
const basic = ({ key }: Owner): Headers => ({
  authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
})
const cookie = ({ key }: Owner): Headers => ({ cookie: `token=${key}; x-api-key=${key}` })

const text = expect.any(String)
const requestId = expect.stringMatching(/^req_[0-9a-f]{32}$/)
/** The names that may be absent are taken out before the shape is looked at. */
function exactly(body: Json, shape: Json, mayBeAbsent: readonly string[] = []): void {
  const rest = { ...body }
  for (const name of mayBeAbsent) delete rest[name]
  expect(rest).toEqual(shape)
}

const nobody = '99999999-2222-4333-8444-555555555555'
const callee = '+61255550123'

const native: Conformer = {
  id: 'telefonie',
  shows: [xApiKey, bearer],
  overlooks: [tokenHeader, raw, basic, cookie],
  challenge: 'Bearer',
  creates: [
    {
      path: '/v1/voice/calls',
      good: ({ number }) => ({ to: callee, from: number }),
      ...{ status: 201, required: ['to', 'from'] },
    },
    {
      path: '/v1/voice/conferences',
      good: () => ({ friendly_name: 'Monday', entry_sound: 'name', exit_sound: 'none' }),
      ...{ status: 201, required: [], optional: ['entry_sound', 'exit_sound'] },
    },
    {
      path: '/v1/voice/devices',
      good: (_owner, n) => ({ username: `phone-${n}` }),
      ...{ status: 201, required: ['username'] },
    },
    {
      path: '/v1/voice/numbers',
      good: (_owner, n) => ({
        number: `+6129${String(n).padStart(7, '0')}`,
        route: { verbs: [{ verb: 'say', text: 'Hello' }] },
      }),
      ...{ status: 201, required: ['number', 'route'] },
    },
    {
      path: '/v1/voice/keys',
      good: (_owner, n) => ({ name: `key ${n}`, scopes: ['read'] }),
      ...{ status: 201, required: [], optional: ['name', 'scopes'] },
    },
    {
      path: '/v1/voice/accounts',
      good: (_owner, n) => ({ name: `account ${n}` }),
      ...{ status: 201, required: ['name'] },
    },
    {
      path: '/v1/voice/queues',
      good: (_owner, n) => ({ name: `queue ${n}`, strategy: 'round-robin' }),
      ...{ status: 201, required: ['name'], optional: ['strategy'] },
    },
    {
      path: '/v1/voice/voicemail-boxes',
      good: (_owner, n) => ({ name: `box ${n}`, after_email: 'keep' }),
      ...{ status: 201, required: ['name'], optional: ['after_email'] },
    },
    {
      // There is no such deck: a good body is as far as it goes.
      path: '/v1/voice/rerate',
      good: () => ({ from: '2026-01-01', to: '2026-02-01', rate_deck: 'nowhere', dry_run: true }),
      ...{ status: 404, required: ['from', 'to', 'rate_deck'] },
    },
    {
      path: '/v1/voice/webhooks',
      good: (_owner, n) => ({ url: `https://app.example/${n}`, events: ['call.*'] }),
      ...{ status: 201, required: ['url', 'events'] },
    },
    {
      path: '/v1/voice/trunks',
      good: () => ({ name: 'a trunk', host: 'sip.example', prefixes: ['+999'] }),
      ...{ status: 201, required: ['name', 'host'] },
    },
    {
      path: '/v1/voice/routes/explain',
      good: ({ number }) => ({ to: callee, from: number }),
      ...{ status: 200, required: ['to'] },
    },
    {
      // No phone is there to take it: a good body is as far as it goes.
      path: '/v1/voice/messages',
      good: () => ({ to: 'nobody', text: 'Hello' }),
      ...{ status: 404, required: ['to', 'text'] },
    },
    {
      // No call is answered: the same.
      path: '/v1/voice/announcements',
      good: () => ({ source: 'microphone', call_id: nobody }),
      ...{ status: 404, required: ['source', 'call_id'] },
    },
  ],
  dials: true,
  object: {
    madeBy: '/v1/voice/calls',
    url: ({ id }) => `/v1/voice/calls/${id}`,
    never: `/v1/voice/calls/${nobody}`,
    changes: [['POST', { status: 'completed' }], ['DELETE']],
  },
  reads: '/v1/voice/calls',
  alsoReads: [],
  codeOf(body) {
    expect(body).toEqual({ error: expect.any(Object) })
    exactly(body.error, { code: text, message: text, request_id: requestId }, ['field'])
    return body.error.code
  },
}

/** `call_` and a UUID in base 36. */
export const callIdOf = (uuid: string): string =>
  `call_${BigInt(`0x${uuid.replaceAll('-', '')}`)
    .toString(36)
    .padStart(25, '0')}`

const trigger: Conformer = {
  id: 'telephony',
  shows: [bearer, xApiKey],
  overlooks: [tokenHeader, raw, basic, cookie],
  challenge: 'Bearer',
  creates: [
    {
      path: '/api/voice/trigger-call',
      good: () => ({ agentPhone: '+61412345678', leadPhone: callee, leadName: 'Sarah Johnson' }),
      ...{ status: 200, required: ['agentPhone', 'leadPhone', 'leadName'] },
    },
    {
      path: '/api/webhooks',
      good: (_owner, n) => ({ url: `https://crm.example/${n}` }),
      ...{ status: 201, required: ['url'] },
    },
  ],
  dials: true,
  object: {
    madeBy: '/api/voice/trigger-call',
    url: ({ callId }) => `/api/voice/calls/${callId}`,
    never: `/api/voice/calls/${callIdOf(nobody)}`,
    changes: [],
  },
  reads: '',
  alsoReads: [],
  codeOf(body) {
    expect(body).toEqual({ error: expect.any(Object) })
    exactly(body.error, { code: text, message: text }, ['field'])
    return body.error.code
  },
}

const foneNumber: Conformer = {
  id: 'fonenumber',
  shows: [tokenHeader, bearer],
  overlooks: [xApiKey, raw, basic, cookie],
  challenge: 'Bearer',
  creates: [
    {
      path: '/v2/calls',
      good: ({ number }) => ({
        ...{ fonenumber: number, to: '(321) 499-1008' },
        ...{ service_type: 'TTS', service_id: 'Hello, this is a test call' },
      }),
      ...{ status: 202, required: ['fonenumber', 'to', 'service_type', 'service_id'] },
      readsNumbers: true,
      // Nobody answers in the lab.
      headers: { prefer: 'respond-async' },
    },
    {
      path: '/v2/speeddials',
      good: (_owner, n) => ({
        ...{ speed_dial: String(n), service_type: 'Phonenumber', service_id: '3215551111' },
      }),
      ...{ status: 201, required: ['speed_dial', 'service_type', 'service_id'] },
      readsNumbers: true,
    },
    ...['/v2/calls/send_notify', '/v2/calls/receive_notify'].map(
      (path): Creating => ({
        path,
        good: ({ number }) => ({
          ...{ fonenumber: number, url: 'https://app.example/told', method: 'JSON' },
        }),
        ...{ status: 200, required: ['fonenumber', 'url', 'method'], readsNumbers: true },
      }),
    ),
  ],
  dials: true,
  object: {
    madeBy: '/v2/speeddials',
    url: ({ speedDial }) => `/v2/speeddials/${speedDial.speed_dial}`,
    never: '/v2/speeddials/999999',
    changes: [['PUT', { label: 'another' }], ['DELETE']],
  },
  reads: '/v2/devices',
  alsoReads: ['application/x-www-form-urlencoded'],
  codeOf(body) {
    exactly(
      body,
      {
        ...{ statusCode: expect.any(Number), error: text, message: text, code: text },
        request_id: requestId,
      },
      ['field'],
    )
    return body.code
  },
}

const outboundCall: Conformer = {
  id: 'voice2phone',
  shows: [raw, basic, bearer],
  overlooks: [xApiKey, tokenHeader, cookie],
  challenge: 'Basic realm="ringdown"',
  creates: [
    {
      path: '/call',
      good: () => ({
        Phone: { Number: '4252337837', CountryCode: 'US' },
        ...{ Message: 'Please press one', Dtmf: { 1: 'Thank you' } },
      }),
      ...{ status: 200, required: ['Phone', 'Phone.Number', 'Phone.CountryCode', 'Message'] },
    },
  ],
  dials: true,
  object: {
    madeBy: '/call',
    url: ({ CallId }) => `/call/${CallId}`,
    never: `/call/${nobody}`,
    changes: [],
  },
  reads: '',
  alsoReads: [],
  codeOf(body) {
    expect(body).toEqual({ Error: { Code: text, Message: text } })
    return body.Error.Code
  },
}

const tokenBearer = ({ token }: Owner): Headers => ({ authorization: `Bearer ${token}` })

const voiceCalls: Conformer = {
  id: 'voicecall',
  shows: [tokenBearer],
  overlooks: [
    bearer,
    ({ token }) => ({ 'x-api-key': token }),
    ({ token }) => ({ token }),
    ({ token }) => ({ authorization: token }),
  ],
  challenge: 'Bearer',
  creates: [
    {
      path: '/v3/communication/voice_calls',
      good: (_owner, n) => ({
        ...{ staff_uid: 'staff-1', client_uid: 'client-1', business_uid: 'business-1' },
        ...{ from_number: '+14155550148', to_number: '+14155550901', direction: 'INBOUND' },
        ...{ status: 'MISSED', rate: '0.05', provider: 'VONAGE' },
        ...{ source_id: `call-src-${n}`, external_uuid: `ext-call-${n}` },
      }),
      status: 200,
      required: [
        ...['staff_uid', 'client_uid', 'from_number', 'to_number', 'direction', 'status'],
        ...['rate', 'provider', 'source_id', 'external_uuid', 'business_uid'],
      ],
    },
  ],
  dials: false,
  object: {
    madeBy: '/v3/communication/voice_calls',
    url: ({ data }) => `/v3/communication/voice_calls/${data.uid}`,
    never: `/v3/communication/voice_calls/${nobody}`,
    changes: [['PUT', { status: 'MISSED_CALL_HANDLED' }]],
  },
  reads: '/v3/communication/voice_calls',
  alsoReads: [],
  codeOf(body) {
    expect(body).toEqual({ success: false, errors: expect.any(Array), request_id: requestId })
    expect(body.errors.length).toBeGreaterThan(0)
    for (const error of body.errors) {
      expect(error).toEqual({ code: text, field: expect.toBeOneOf([null, text]), message: text })
    }
    return body.errors[0].code
  },
}

export const conformers: readonly Conformer[] = [
  native,
  trigger,
  foneNumber,
  outboundCall,
  voiceCalls,
]
