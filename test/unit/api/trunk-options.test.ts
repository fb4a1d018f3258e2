/** What trunks may be told beyond where they are, as the API takes and shows it. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ha1Md5 } from '../../../engine/core/digest.ts'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const base = '/v1/voice/trunks'
const good = { name: 'a', host: '192.0.2.1' }
const post = (url: string, payload: object) => lab.ask({ method: 'POST', url, payload })
const idOf = (body: unknown) => (body as { id: string }).id
const errorOf = (body: unknown) => (body as { error: unknown }).error

test('what it may be told, and what is shown of it', async () => {
  const wish = {
    ...{ name: 'a', host: '192.0.2.1', username: 'us', password: 'hush' },
    registration: { expires_s: 600 },
    inbound: { by: 'digest', username: 'carrier', password: 'a-long-password' },
    ping_interval_s: 30,
    trusted: true,
    allow_transfer: true,
    caller_id: { allow: 'any' },
    numbers: {
      format: 'national',
      country: 'AU',
      rules_in: [{ match: '9', strip: 0, prepend: '+612' }],
    },
    codecs: ['G722', 'PCMA'],
    srtp: 'optional',
    auth_realm: 'carrier.example',
  }
  const { status, body } = await post(base, wish)
  expect(status).toBe(201)
  expect(body).toMatchObject({
    registration: { expires_s: 600, contact_user: null },
    inbound: { by: 'digest', username: 'carrier' },
    ping_interval_s: 30,
    trusted: true,
    allow_transfer: true,
    caller_id: { allow: 'any', privacy: 'show' },
    numbers: { ...wish.numbers, rules_out: [] },
    codecs: ['G722', 'PCMA'],
    srtp: 'optional',
    auth_realm: 'carrier.example',
  })
  expect(JSON.stringify(body)).not.toMatch(/hush|a-long-password|ha1/i)
  const [stored] = await lab.store.trunks.list()
  expect(stored?.inbound).toMatchObject({
    ha1Md5: ha1Md5('carrier', 'ringdown', 'a-long-password'),
  })
  // the rest stays
  const request = { method: 'PATCH', url: `${base}/${idOf(body)}` } as const
  const changed = await lab.ask({ ...request, payload: { registration: null } })
  expect(changed.body).toMatchObject({ registration: null, trusted: true, srtp: 'optional' })
  const again = await lab.ask({ ...request, payload: { inbound: wish.inbound } })
  expect(again.status).toBe(200)
  const other = await post(base, { ...wish, name: 'b' })
  expect([other.status, errorOf(other.body)]).toMatchObject([409, { code: 'already_exists' }])
  const device = await post('/v1/voice/devices', { username: 'carrier' })
  expect([device.status, errorOf(device.body)]).toMatchObject([
    ...[409, { code: 'already_exists', field: 'username' }],
  ])
})

test.each<[object, string, string]>([
  [{ ...good, registration: {} }, 'invalid_request', 'registration'],
  [{ ...good, registration: { expires_s: 5 } }, 'invalid_request', 'registration.expires_s'],
  [
    { ...good, inbound: { by: 'address', addresses: ['10.0.0.0/33'] } },
    'invalid_request',
    'inbound',
  ],
  [{ ...good, ping_interval_s: 1 }, 'invalid_request', 'ping_interval_s'],
  [{ ...good, numbers: { format: 'national' } }, 'invalid_request', 'numbers'],
  [{ ...good, numbers: { country: 'XX' } }, 'invalid_request', 'numbers'],
  [
    { ...good, numbers: { rules_out: [{ match: '+61', strip: 4, prepend: '' }] } },
    'invalid_request',
    'numbers',
  ],
  [{ ...good, codecs: [] }, 'invalid_request', 'codecs'],
  [{ ...good, codecs: ['G729'] }, 'invalid_request', 'codecs.0'],
  [{ ...good, srtp: 'required' }, 'invalid_request', 'srtp'],
])('%j is refused', async (payload, code, field) => {
  const { status, body } = await post(base, payload)
  expect([status, errorOf(body)]).toMatchObject([400, { code, field }])
  expect(await lab.store.trunks.list()).toEqual([])
})
