/** Webhooks of the trigger-call API: what is told of a call, and the signature that its users check. */
import { createHmac } from 'node:crypto'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { telephony } from '../../../engine/api/dialects/telephony/index.ts'
import type { CallRecord } from '../../../engine/core/call.ts'
import type { CallEventType } from '../../../engine/core/events.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { WebhookDelivery } from '../../../engine/core/ports/store.ts'
import { signedHeaders } from '../../../engine/web/signatures.ts'
import { type ApiLab, apiLab, callRecord, otherKey } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const trigger = {
  ...{ leadPhone: '+61412345678', leadName: 'Sarah', source: null, metadata: { crm: 7 } },
  ...{ connectedAtMs: null, failure: null, creditsUsedMicro: 100_000 },
}
async function happens(type: CallEventType, changes: Partial<CallRecord> = {}): Promise<void> {
  const call = callRecord({ to: '+61298765432', trigger, ...changes })
  await lab.put(call, [{ type, callId: call.id, atMs: 5_000, data: {} }])
}
/** What would be sent, in its order; it counts as received. */
async function told(): Promise<Record<string, unknown>[]> {
  const said: Record<string, unknown>[] = []
  for (;;) {
    const [next] = await lab.store.outbox.due(lab.time.nowMs, 1)
    if (next === undefined) return said
    const { body } = telephony.renderWebhook?.(next as WebhookDelivery, () => null) ?? {}
    said.push(JSON.parse(body ?? ''))
    await lab.store.outbox.delivered(next.id)
  }
}
const create = (payload: object) => lab.ask({ method: 'POST', url: '/api/webhooks', payload })
const url = 'https://crm.example/calls'

async function aWholeCall(): Promise<void> {
  const up = { status: 'in-progress', answeredAtMs: 1_000 } as const
  await happens('call.queued')
  await happens('call.ringing', { status: 'ringing' })
  await happens('call.in-progress', up)
  const connected = { ...trigger, connectedAtMs: 20_000 }
  await happens('trigger.connected', { ...up, trigger: connected })
  const lead = callRecord({
    ...{ id: '22222222-2222-4333-8444-555555555555' as CallId, parentId: callRecord().id },
    ...{ status: 'completed', answeredAtMs: 20_000, endedAtMs: 80_500 },
  })
  await lab.put(lead, [{ type: 'call.completed', callId: lead.id, atMs: 80_500, data: {} }])
  await happens('call.completed', {
    ...{ ...up, status: 'completed', endedAtMs: 80_600, trigger: connected },
  })
}

test('the end of a call, with its length and what both legs cost', async () => {
  const { status, body } = await create({ url })
  expect([status, body]).toEqual([
    201,
    {
      success: true,
      webhook: { id: expect.any(String), url, events: ['call.completed'], enabled: true },
      secret: expect.stringMatching(/^whsec_/),
    },
  ])
  await aWholeCall()
  const said = await told()
  expect(said).toEqual([
    {
      ...{ event: 'call.completed', callId: expect.stringMatching(/^call_/), status: 'completed' },
      ...{ duration: 61, from_number: '+61298765432', to_number: '+61412345678' },
      ...{ cost: expect.any(Number), reason: null, metadata: { crm: 7 } },
      timestamp: '1970-01-01T00:00:05.000Z',
    },
  ])
})

test('each status, for those who want that; no call of another API', async () => {
  await create({ url, events: ['call.status'] })
  await aWholeCall()
  await happens('call.failed', {
    status: 'failed',
    trigger: { ...trigger, failure: 'no_keypress' },
  })
  await lab.put(callRecord({ trigger: null }), [
    { type: 'call.queued', callId: callRecord().id, atMs: 1, data: {} },
  ])
  const said = await told()
  expect(said.map(({ event, status, reason }) => [event, status, reason])).toEqual([
    ['call.status', 'initiated', null],
    ['call.status', 'ringing', null],
    ['call.status', 'connected', null],
    ['call.status', 'completed', null],
    ['call.status', 'failed', 'no_keypress'],
  ])
})

test('the signature holds over the body as it is sent and as it is parsed and written again', async () => {
  await create({ url })
  await happens('call.completed', { status: 'completed', endedAtMs: 9_000 })
  const [next] = await lab.store.outbox.due(lab.time.nowMs, 1)
  const request = telephony.renderWebhook?.(next as WebhookDelivery, () => null)
  const { body = '' } = request ?? {}
  const headers = signedHeaders(request ?? { url }, ['new', 'old'], 1_000)
  // with room for one value the one that its receiver has known longer signs, until its time is over
  const hash = (text: string) => createHmac('sha256', 'old').update(text).digest('hex')
  expect(headers['x-telephony-signature']).toBe(hash(body))
  expect(hash(JSON.stringify(JSON.parse(body)))).toBe(hash(body))
})

test('listed and deleted by their account alone', async () => {
  const { body } = await create({ url, events: ['call.completed', 'call.status'] })
  const { webhook } = body as { webhook: { id: string } }
  const list = async (headers = {}) => (await lab.ask({ url: '/api/webhooks', headers })).body
  expect(await list()).toEqual({ success: true, webhooks: [webhook] })
  const others = { authorization: `Bearer ${otherKey}`, 'x-api-key': '' }
  const remove = (headers = {}) =>
    lab.ask({ method: 'DELETE', url: `/api/webhooks/${webhook.id}`, headers })
  expect((await remove({ 'x-api-key': otherKey })).status).toBe(404)
  expect(await list(others)).toEqual({ success: true, webhooks: [] })
  const native = await lab.ask({ url: '/v1/voice/webhooks' })
  expect(native.body).toMatchObject({ webhooks: [{ id: webhook.id, format: 'other' }] })
  expect(await remove()).toMatchObject({ status: 200, body: { success: true } })
  expect((await remove()).status).toBe(404)
})

test.each([
  [{ url: 'x' }, 'url_not_allowed'],
  [{ url, events: ['call.queued'] }, 'invalid_request'],
  [{}, 'missing_parameter'],
])('refused: %j', async (payload, code) => {
  expect(await create(payload)).toMatchObject({ status: 400, body: { error: { code } } })
})
