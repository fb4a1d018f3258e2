/** Webhooks of an account by the native API: made, changed, signed, sent, looked at and sent again. */
import { createHmac } from 'node:crypto'
import twilio from 'twilio'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { noticeRenderer } from '../../../engine/compose/dialects.ts'
import type { CallStatus } from '../../../engine/core/call.ts'
import type { WebhookId } from '../../../engine/core/ids.ts'
import { validSecrets } from '../../../engine/core/webhooks.ts'
import { type Deliveries, startDeliveries } from '../../../engine/web/index.ts'
import { settle, VirtualClock } from '../../support/virtual-clock.ts'
import { loopback, serve, testLog, until } from '../web/server.ts'
import { type ApiLab, apiLab, callRecord, key, otherKey, ours } from './api-lab.ts'

const base = '/v1/voice/webhooks'
let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

// biome-ignore lint/suspicious/noExplicitAny: JSON of the wire, looked at by expectations alone
type Json = any
type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE'

async function ask(method: Method, path: string, payload?: Json, shown = key) {
  const headers = { 'x-api-key': shown }
  const { status, body } = await lab.ask({
    method,
    url: base + path,
    headers,
    ...(payload && { payload }),
  })
  return { status, body: body as Json }
}
const create = async (more: Json = {}): Promise<Json> => {
  const wanted = { url: 'https://app.example/events', events: ['call.*'], ...more }
  const { status, body } = await ask('POST', '', wanted)
  expect(status).toBe(201)
  return body
}
const happens = (status: CallStatus, changes = {}) =>
  lab.put(callRecord({ status, ...changes }), [
    { type: `call.${status}`, callId: callRecord().id, atMs: lab.time.nowMs, data: {} },
  ])
const due = () => lab.store.outbox.due(lab.time.nowMs, 100)

describe('the list', () => {
  test('made, read, changed and deleted; the secret is shown once', async () => {
    const { secret, ...webhook } = await create({ description: 'CRM' })
    expect(secret).toMatch(/^whsec_[0-9a-f]{64}$/)
    expect(webhook).toMatchObject({
      ...{ url: 'https://app.example/events', events: ['call.*'], format: 'json' },
      ...{ description: 'CRM', enabled: true },
    })
    expect((await ask('GET', '')).body).toEqual({ webhooks: [webhook] })
    const path = `/${webhook.id}`
    expect((await ask('GET', path)).body).toEqual(webhook)
    const change = { events: ['*'], enabled: false, format: 'form' }
    expect((await ask('PATCH', path, change)).body).toEqual({ ...webhook, ...change })
    expect((await ask('DELETE', path)).status).toBe(204)
    expect((await ask('DELETE', path)).status).toBe(404)
    expect((await ask('GET', '')).body).toEqual({ webhooks: [] })
  })

  test.each([
    [{ url: 'ftp://x', events: ['*'] }, 'url_not_allowed'],
    [{ url: 'https://app.example/', events: [] }, 'invalid_request'],
    [{ url: 'https://app.example/', events: ['Call'] }, 'invalid_request'],
    [{ url: 'https://app.example/', events: ['*'], secret: 'mine' }, 'unknown_parameter'],
    [{ events: ['*'] }, 'missing_parameter'],
  ])('refused: %j', async (wanted, code) => {
    expect(await ask('POST', '', wanted)).toMatchObject({ status: 400, body: { error: { code } } })
  })

  test('of others it is not there, whatever is asked', async () => {
    const { id } = await create()
    const { body: sent } = await ask('POST', `/${id}/test`)
    const asked: [Method, string, Json?][] = [
      ...(['GET', 'DELETE'] as const).map((method): [Method, string] => [method, `/${id}`]),
      ['PATCH', `/${id}`, { enabled: false }],
      ['POST', `/${id}/test`],
      ['POST', `/${id}/rotate-secret`],
      ['GET', `/${id}/secret`],
      ['GET', `/deliveries/${sent.delivery_id}`],
      ['GET', `/deliveries?webhook_id=${id}`],
      ['POST', `/deliveries/${sent.delivery_id}/redeliver`],
      ['POST', '/redeliver', { webhook_id: id }],
    ]
    for (const [method, path, payload] of asked) {
      expect([path, (await ask(method, path, payload, otherKey)).status]).toEqual([path, 404])
    }
    expect((await ask('GET', '/deliveries', undefined, otherKey)).body.deliveries).toEqual([])
    expect((await ask('GET', '', undefined, otherKey)).body.webhooks).toEqual([])
  })

  test('an account has twenty', async () => {
    for (let n = 0; n < 20; n++) await create()
    const one = { url: 'https://app.example/', events: ['*'] }
    expect(await ask('POST', '', one)).toMatchObject({ body: { error: { code: 'limit_reached' } } })
  })
})

describe('what is told', () => {
  const types = async () => (await due()).map(({ event }) => event.type)

  test('what it wants, in order for each call, and nothing when it is off', async () => {
    const { id } = await create({ events: ['call.ringing', 'device.*'] })
    await happens('queued')
    await happens('ringing')
    await happens('completed')
    await lab.store.events.append(ours.id, [{ type: 'device.registered', atMs: 1, data: {} }])
    await lab.store.events.append(ours.id, [{ type: 'trunk.up', atMs: 1, data: {} }])
    expect(new Set(await types())).toEqual(new Set(['call.ringing', 'device.registered']))
    await ask('PATCH', `/${id}`, { enabled: false })
    await happens('ringing')
    expect(await types()).toEqual([])
    const { body } = await ask('GET', '/deliveries?status=dead')
    expect(body.deliveries.map((one: Json) => one.last_error)).toEqual([
      'the webhook was turned off',
      'the webhook was turned off',
    ])
    expect((await ask('POST', '/redeliver')).body).toEqual({ redelivered: 0 })
    await ask('PATCH', `/${id}`, { enabled: true, url: 'https://other.example/new' })
    expect((await ask('POST', '/redeliver', { webhook_id: id })).body).toEqual({ redelivered: 2 })
    expect((await due()).map(({ host }) => host)).toEqual(['other.example', 'other.example'])
  })

  test('all but who speaks, and never that a webhook did not arrive', async () => {
    await create({ events: ['*'] })
    await happens('queued')
    const [one] = await due()
    await lab.store.outbox.dead(one?.id ?? 0, 'HTTP 410')
    await lab.store.events.append(ours.id, [{ type: 'webhook.failed', atMs: 1, data: {} }])
    expect(await types()).toEqual([])
  })

  test.each([
    ['app.example', 3],
    ['APP.example:8443', 1],
    ['app.example:443', 0],
    ['app_example', 0],
    ['app%', 0],
    ['example', 0],
  ])('dead ones of %s, at any port unless it names one: %i', async (host, count) => {
    const urls = ['https://app.example/', 'https://app.example:8443/', 'https://app.example/2']
    for (const url of [...urls, 'https://appxexample:1/']) await create({ url })
    await happens('queued')
    for (const { id } of await due()) await lab.store.outbox.dead(id, 'HTTP 500')
    expect((await ask('POST', '/redeliver', { host })).body).toEqual({ redelivered: count })
  })

  test('a dead one is listed with what came of it, and sent again', async () => {
    await create()
    await happens('queued', { statusCallback: 'https://cb.example/x?key=1' })
    const open = await due()
    expect(open).toHaveLength(2)
    for (const { id } of open)
      await lab.store.outbox.dead(id, 'HTTP 500', { status: 500, tookMs: 12 })
    const { body } = await ask('GET', `/deliveries?status=dead&call_id=${callRecord().id}`)
    expect(body.next_before).toBeNull()
    expect(body.deliveries).toMatchObject([
      {
        ...{ webhook_id: null, url: 'https://cb.example/x', attempts: 1, last_error: 'HTTP 500' },
        ...{ answer_status: 500, duration_ms: 12, next_try: null, call_id: callRecord().id },
      },
      { type: 'call.queued', webhook_id: expect.any(String), url: 'https://app.example/events' },
    ])
    const [own] = body.deliveries
    expect(await ask('POST', `/deliveries/${own.id}/redeliver`)).toMatchObject({
      status: 202,
      body: {
        ...{ status: 'open', attempts: 0, next_try: expect.any(String) },
        ...{ last_error: null, answer_status: null, duration_ms: null },
      },
    })
    expect((await ask('POST', '/redeliver', { host: 'nobody.example' })).body.redelivered).toBe(0)
    expect((await ask('POST', '/redeliver', { host: 'app.example' })).body.redelivered).toBe(1)
    expect(await due()).toHaveLength(2)
    const pages = await ask('GET', '/deliveries?page_size=1')
    expect(pages.body.next_before).toBe(pages.body.deliveries[0].id)
    expect((await ask('POST', '/deliveries/999/redeliver')).status).toBe(404)
  })

  test('the newest thousand that were delivered are kept', async () => {
    await create({ events: ['call.ringing'] })
    const call = callRecord()
    for (let turn = 0; turn < 13; turn++) {
      const drafts = Array.from({ length: 100 }, () => ({
        ...{ type: 'call.ringing' as const, callId: call.id, atMs: 1, data: {} },
      }))
      await lab.put(call, drafts)
      for (let open = await due(); open[0]; open = await due())
        await lab.store.outbox.delivered(open[0].id, { status: 204, tookMs: 3.4 })
    }
    const count = (await lab.store.deliveries.list(ours.id, { limit: 5_000 })).length
    expect(count).toBeGreaterThanOrEqual(1_000)
    expect(count).toBeLessThan(1_260)
  })
})

describe('over HTTP', () => {
  const clock = new VirtualClock()
  let running: Deliveries | undefined
  afterEach(async () => {
    const closing = running?.close()
    await settle()
    await clock.advance(5_000)
    await closing
    running = undefined
  })
  const outcomes: string[] = []

  function start(): void {
    outcomes.length = 0
    const { webhooks } = lab.store
    running = startDeliveries({
      ...{ outbox: lab.store.outbox, allowed: loopback, clock, log: testLog() },
      secrets: async ({ webhookId, event }) => {
        const secrets = await (webhookId
          ? webhooks.secrets(webhookId)
          : webhooks.secretsOf(event.accountId))
        return secrets ? validSecrets(secrets, lab.time.nowMs) : []
      },
      render: noticeRenderer([telefonie], () => null),
      metrics: { webhook: (outcome) => outcomes.push(outcome) },
    })
  }
  /** Its address is checked when it is made; where tests listen is allowed to deliveries alone. */
  async function createAt(url: string, more: Json = {}): Promise<Json> {
    const made = await create(more)
    const webhook = await lab.store.webhooks.get(ours.id, made.id as WebhookId)
    if (webhook) await lab.store.webhooks.update({ ...webhook, url })
    return made
  }

  test('JSON, signed with its own secret, and with two while one takes the place of the other', async () => {
    const server = await serve()
    const { id, secret } = await createAt(`${server.origin}/in?a=1`)
    const { body: rotated } = await ask('POST', `/${id}/rotate-secret`, { overlap_seconds: 60 })
    expect(rotated.secret).not.toBe(secret)
    const shown = {
      secret_hint: rotated.secret.slice(-4),
      previous_secret_until: expect.any(String),
    }
    expect((await ask('GET', `/${id}/secret`)).body).toEqual(shown)
    start()
    await happens('ringing')
    await until(() => outcomes.length === 1)
    const [request] = server.requests
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      ...{ event: 'call.ringing', sequence: 1, call_id: callRecord().id, conference_id: null },
      call: { id: callRecord().id, status: 'ringing' },
    })
    const signature = String(request?.headers['x-ringdown-signature'])
    const seconds = /^t=(\d+),/.exec(signature)?.[1]
    const hashes = [rotated.secret, secret].map(
      (one) =>
        `v1=${createHmac('sha256', one).update(`${seconds}.${request?.body}`).digest('hex')}`,
    )
    expect(signature).toBe(`t=${seconds},${hashes.join(',')}`)
    lab.time.nowMs += 60_000
    await happens('completed')
    await until(() => outcomes.length === 2)
    const later = String(server.requests[1]?.headers['x-ringdown-signature'])
    expect(later.match(/v1=/g)).toHaveLength(1)
    expect((await ask('GET', `/${id}/secret`)).body.previous_secret_until).toBeNull()
  })

  test('a form, as users of TwiML check it', async () => {
    const server = await serve()
    const url = `${server.origin}/twiml?page=1`
    const { secret } = await createAt(url, {
      format: 'form',
      events: ['call.completed', 'device.*'],
    })
    start()
    const times = { answeredAtMs: 1_000, endedAtMs: 4_000 }
    await happens('completed', times)
    await lab.store.events.append(ours.id, [{ type: 'device.registered', atMs: 1, data: { a: 1 } }])
    await until(() => outcomes.length === 2)
    const [first, second] = server.requests
      .map(({ body, headers }) => ({
        headers,
        fields: Object.fromEntries(new URLSearchParams(body)),
      }))
      .toSorted(
        (a, b) =>
          Number(b.fields['CallSid'] !== undefined) - Number(a.fields['CallSid'] !== undefined),
      )
    expect(first?.fields).toMatchObject({
      ...{ CallSid: callRecord().id, AccountSid: ours.id, CallStatus: 'completed' },
      ...{
        From: callRecord().from,
        To: callRecord().to,
        CallDuration: '3',
        Event: 'call.completed',
      },
    })
    expect(second?.fields).toMatchObject({ Event: 'device.registered', EventData: '{"a":1}' })
    for (const one of [first, second]) {
      const signature = String(one?.headers['x-twilio-signature'])
      expect(twilio.validateRequest(secret, signature, url, one?.fields ?? {})).toBe(true)
      expect(twilio.validateRequest('other', signature, url, one?.fields ?? {})).toBe(false)
    }
  })

  test('a test event goes the same way, whatever it wants and though it is off', async () => {
    const server = await serve()
    const { id } = await createAt(server.origin, { events: ['trunk.up'] })
    start()
    const { status, body } = await ask('POST', `/${id}/test`)
    expect(status).toBe(202)
    await until(() => outcomes.length === 1)
    expect(JSON.parse(server.requests[0]?.body ?? '')).toMatchObject({
      ...{ event: 'webhook.test', call: null, data: { webhook_id: id } },
    })
    const delivered = await ask('GET', `/deliveries/${body.delivery_id}`)
    expect(delivered.body).toMatchObject({ status: 'delivered', answer_status: 200, attempts: 1 })
  })

  test('the secret of the account is changed in the same way', async () => {
    const old = await lab.store.accounts.webhookSecret(ours.id)
    const { body } = await ask('POST', '/secret/rotate')
    expect(await lab.store.webhooks.secretsOf(ours.id)).toEqual({
      ...{ current: body.secret, previous: old, previousUntilMs: lab.time.nowMs + 86_400_000 },
    })
    expect((await ask('GET', '/secret')).body.secret_hint).toBe(body.secret.slice(-4))
    expect((await ask('POST', '/secret/rotate', { overlap_seconds: 700_000 })).status).toBe(400)
  })
})
