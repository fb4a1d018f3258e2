import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import { type ApiLab, apiLab, otherKey } from './api-lab.ts'

let lab: ApiLab
let id: string
let other: string
beforeEach(async () => {
  lab = await apiLab()
  id = await place()
  other = await place()
  lab.centre.asked.length = 0
})
afterEach(() => lab.close())

async function place(): Promise<string> {
  const payload = { to: '+61498765432', from: '+15005550000' }
  const { body } = await lab.ask({ method: 'POST', url: '/v1/voice/calls', payload })
  return (body as { id: string }).id
}

const post = (path: string, payload?: object, apiKey?: string) =>
  lab.ask({
    method: 'POST',
    url: `/v1/voice/calls/${path}`,
    ...(payload && { payload }),
    ...(apiKey !== undefined && { headers: { 'x-api-key': apiKey } }),
  })

const last = () => lab.actions.asked.at(-1)

describe('each action has a route', () => {
  test.each([
    ['mute', undefined, 200, { what: 'mute', request: ['says', true] }],
    ['mute', { what: 'hears' }, 200, { what: 'mute', request: ['hears', true] }],
    ['unmute', { what: 'both' }, 200, { what: 'mute', request: ['both', false] }],
    ['play', { url: 'https://x.example/a.wav', queue: true }, 201, { what: 'play' }],
    ['whisper', { text: 'hm' }, 201, { what: 'play', request: { text: 'hm', over: true } }],
    ['stop', undefined, 204, { what: 'stop', request: undefined }],
    ['stop', { playback_id: 'p' }, 204, { what: 'stop', request: 'p' }],
    ['digits', { digits: '1w#' }, 202, { what: 'sendDigits', request: '1w#' }],
    [
      'redirect',
      { verbs: [{ verb: 'pause', length: 2 }] },
      200,
      { what: 'redirect', request: { verbs: [{ verb: 'pause', durationMs: 2000 }] } },
    ],
    ['redirect', { url: 'https://x.example/' }, 200, { request: { method: 'POST' } }],
    [
      'redirect',
      { url: 'https://x.example/', url_format: 'form', fallback_url: 'https://y.example/' },
      200,
      { request: { format: 'form', fallbackUrl: 'https://y.example/' } },
    ],
    ['unbridge', undefined, 200, { what: 'unbridge' }],
    ['recording', { action: 'mask' }, 200, { what: 'record', request: { action: 'mask' } }],
    ['park', { timeout: 1.5 }, 200, { what: 'park', request: { timeoutMs: 1500 } }],
    [
      'listen',
      { to: '1003' },
      201,
      { what: 'listen', request: { to: '1003', mode: 'listen', beep: false } },
    ],
    ['transfer', { to: '1002', mode: 'attended' }, 202, { what: 'consult', request: '1002' }],
    ['transfer', { action: 'cancel' }, 202, { what: 'endConsultation', request: 'cancel' }],
  ] as const)('%s %j', async (path, payload, status, asked) => {
    const reply = await post(`${id}/${path}`, payload)
    expect(reply).toMatchObject({ status })
    expect(last()).toMatchObject(asked)
  })

  test('two calls are connected; one of another account, or of nobody, is not found', async () => {
    expect((await post(`${id}/bridge`, { call_id: other })).status).toBe(200)
    expect(last()).toEqual({ what: 'bridge', request: other })
    expect((await post(`${id}/bridge`, { call_id: 'x' })).status).toBe(404)
    expect((await post(`${id}/bridge`, { call_id: other }, otherKey)).status).toBe(404)
  })

  test('parked calls are listed, and picked up by slot or by call', async () => {
    await post(`${id}/park`, { slot: 'a-1' })
    const list = await lab.ask({ method: 'GET', url: '/v1/voice/parked' })
    expect(list.body).toMatchObject({ parked: [{ slot: 'a-1', call: { id } }] })
    const theirs = { method: 'GET', url: '/v1/voice/parked', headers: { 'x-api-key': otherKey } }
    expect((await lab.ask(theirs as never)).body).toEqual({ parked: [] })
    expect((await post(`${id}/pickup`, { to: '1002' })).status).toBe(200)
    expect(last()).toEqual({ what: 'pickUp', request: { to: '1002' } })
    const bySlot = { method: 'POST', url: '/v1/voice/parked/a-1/pickup' } as const
    expect((await lab.ask({ ...bySlot, payload: { call_id: other } })).status).toBe(200)
    expect(last()).toEqual({ what: 'pickUp', request: { callId: other } })
    expect((await lab.ask({ ...bySlot, payload: {} })).status).toBe(400)
    expect((await post(`${other}/pickup`, { to: '1002' })).status).toBe(404)
  })
})

describe('the update of a call', () => {
  test.each([
    [{ muted: true }, { what: 'mute', request: ['says', true] }],
    [{ play: { text: 'hm' } }, { what: 'play', request: { text: 'hm' } }],
    [{ dtmf: '12#' }, { what: 'sendDigits', request: '12#' }],
    [{ recording: 'pause' }, { what: 'record', request: { action: 'pause' } }],
    [{ transfer: { to: '1002', mode: 'attended' } }, { what: 'consult', request: '1002' }],
    [{ transfer: { action: 'complete' } }, { what: 'endConsultation', request: 'complete' }],
  ] as const)('%j', async (payload, asked) => {
    const reply = await post(id, payload)
    expect(reply).toMatchObject({ status: 200, body: { id } })
    expect(last()).toEqual(asked)
  })

  test('holds with a music of its own', async () => {
    expect((await post(id, { hold: true, hold_url: 'https://x.example/m.wav' })).status).toBe(200)
    expect(lab.centre.asked.at(-1)?.request).toBe('https://x.example/m.wav')
    expect((await post(`${id}/hold`, { hold_url: 'https://x.example/m.wav' })).status).toBe(200)
  })

  test.each([
    [{ muted: true, dtmf: '1' }],
    [{ muted: 'yes' }],
    [{ hold_url: 'https://x.example/m.wav' }],
    [{ play: {} }],
    [{ play: { url: 'https://x.example/a.wav', text: 'x' } }],
    [{ dtmf: 'x' }],
    [{ recording: 'rewind' }],
    [{ transfer: {} }],
    [{ transfer: { to: '1002', action: 'cancel' } }],
    [{ transfer: { to: '1002', mode: 'magic' } }],
    [{ mute: true }],
  ])('%j is refused, and nothing is done', async (payload) => {
    expect((await post(id, payload)).status).toBe(400)
    expect([...lab.actions.asked, ...lab.centre.asked]).toEqual([])
  })
})

test.each([
  ['call_busy', 409],
  ['call_ended', 409],
  ['not_bridged', 409],
  ['no_transfer', 409],
  ['not_recording', 409],
  ['limit_reached', 429],
] as const)('%s is answered with %i', async (code, status) => {
  lab.actions.refuse = new Failure(code, 'so it is')
  expect(await post(`${id}/mute`)).toMatchObject({ status, body: { error: { code } } })
})
