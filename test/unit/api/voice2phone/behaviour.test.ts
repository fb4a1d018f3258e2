import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Detection } from '../../../../engine/core/answerer.ts'
import { keyHash } from '../../../../engine/core/digest.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import { type CallLab, openCallLab, ownNumber } from '../../../support/call-lab.ts'
import { type ApiLab, apiLab, key } from '../api-lab.ts'
import { printedSample } from './printed-sample.ts'

/** The API over the real use cases: what is heard, and what a look at the call says meanwhile. */
let calls: CallLab
let api: ApiLab
beforeEach(async () => {
  calls = await openCallLab()
  const { id, defaultNumber } = calls.account
  expect(defaultNumber).toBe(ownNumber)
  const createdAtMs = calls.clock.nowMs()
  const insert = { hash: keyHash(key), accountId: id, hint: '', createdAtMs }
  await calls.store.accounts.insertKey(insert)
  const plain = await apiLab()
  const { services } = plain.options
  const directory = { ...services.directory, store: calls.store }
  const ours = { ...services, callCentre: calls.centre, directory }
  api = await apiLab({ plainHttp: 'allow', services: ours })
  await plain.close()
})
afterEach(() => api.close())

const headers = { authorization: key, 'content-type': 'application/json' }

async function make(payload: string | object): Promise<CallId> {
  const answer = await api.app.inject({ method: 'POST', url: '/call', headers, payload })
  expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)])
  await calls.settle()
  return answer.json().CallId
}

async function makeAndAnswer(payload: string | object): Promise<CallId> {
  const id = await make(payload)
  calls.sip.answered(id, 'v=0', 'x')
  await calls.settle()
  return id
}

async function seen(id: CallId) {
  const { Status, Dtmf, UpdatedDateUtc } = (
    await api.app.inject({ url: `/call/${id}`, headers })
  ).json()
  return { Status, Dtmf, updatedAtMs: Date.parse(`${UpdatedDateUtc}Z`) }
}

const heard = (id: CallId) => {
  const sound = calls.nowPlaying(id)
  return sound?.kind === 'wav' ? sound.path.replace('/speech/', '') : undefined
}

async function press(id: CallId, digit: string): Promise<void> {
  calls.media.digit(id, digit, 100)
  await calls.settle()
}

test('the printed sample: one is pressed while the message is spoken', async () => {
  const startMs = calls.clock.nowMs()
  const id = await make(printedSample)
  expect(await seen(id)).toEqual({ Status: 0, Dtmf: null, updatedAtMs: startMs })
  await calls.clock.advance(1_500)
  calls.sip.progress(id, 180, undefined)
  await calls.settle()
  expect(await seen(id)).toEqual({ Status: 1, Dtmf: null, updatedAtMs: startMs + 1_500 })
  await calls.clock.advance(2_000)
  calls.sip.answered(id, 'v=0', 'x')
  await calls.settle()
  expect(heard(id)).toBe('Please press one')
  await calls.clock.advance(700)
  await press(id, '2')
  expect(heard(id)).toBe('Please press one')
  await press(id, '1')
  expect(heard(id)).toBe('Thank you')
  // A key is no change of state.
  expect(await seen(id)).toEqual({ Status: 1, Dtmf: '1', updatedAtMs: startMs + 3_500 })
  await calls.clock.advance(1_000)
  await calls.finishPlay(id)
  expect(await seen(id)).toEqual({ Status: 2, Dtmf: '1', updatedAtMs: startMs + 5_200 })
  expect(calls.commands).toContain('sip.bye c1')
})

test('nobody presses: ten seconds, the message again, ten seconds, the end', async () => {
  const id = await makeAndAnswer(printedSample)
  await calls.finishPlay(id)
  await calls.clock.advance(9_999)
  expect(heard(id)).toBeUndefined()
  await press(id, '9')
  await calls.clock.advance(1)
  expect(heard(id)).toBe('Please press one')
  await calls.finishPlay(id)
  await calls.clock.advance(9_999)
  expect(await seen(id)).toMatchObject({ Status: 1 })
  await calls.clock.advance(1)
  expect(await seen(id)).toMatchObject({ Status: 2, Dtmf: null })
  expect(calls.commands.filter((line) => line === 'media.play c1 wav')).toHaveLength(2)
})

test('a key in the second wait', async () => {
  const body = { Phone: { Number: '+61412345678', CountryCode: 'AU' }, Message: 'Q' }
  const id = await makeAndAnswer({ ...body, Dtmf: { '#': 'hash', '*': 'star' } })
  await calls.finishPlay(id)
  await calls.clock.advance(10_000)
  await calls.finishPlay(id)
  await press(id, '#')
  expect(heard(id)).toBe('hash')
  await calls.finishPlay(id)
  expect(await seen(id)).toMatchObject({ Status: 2, Dtmf: '#' })
})

test('without Dtmf the end comes with the end of the message', async () => {
  const body = { Phone: { Number: '0412 345 678', CountryCode: 'au' }, Message: 'Q' }
  const id = await makeAndAnswer(body)
  await press(id, '1')
  expect(heard(id)).toBe('Q')
  await calls.finishPlay(id)
  expect(await seen(id)).toMatchObject({ Status: 2, Dtmf: null })
})

test('the message waits until the greeting of a machine is over, where that is wished', async () => {
  const found = Promise.withResolvers<Detection>()
  calls.ports.media.detectAnswerer = () => found.promise
  const body = { Phone: { Number: '+61412345678', CountryCode: 'AU' }, Message: 'Q' }
  const id = await makeAndAnswer({ ...body, MachineDetection: 'GreetingEnd' })
  await calls.clock.advance(4_000)
  expect(heard(id)).toBeUndefined()
  const timing = { atMs: 4_000, initialSilenceMs: 300, greetingMs: 3_500 }
  found.resolve({ answerer: 'machine_end_beep', ...timing })
  await calls.settle()
  expect(heard(id)).toBe('Q')
  const look = async () => (await api.app.inject({ url: `/call/${id}`, headers })).json()
  expect(await look()).toMatchObject({ Status: 1, AnsweredBy: 'Machine' })
  await calls.finishPlay(id)
  expect(await look()).toMatchObject({ Status: 2, AnsweredBy: 'Machine' })
})

test.each([
  [486, 3],
  [480, 4],
  [404, 5],
  [503, 5],
])('a phone that says %i: Status %i', async (sipStatus, status) => {
  const id = await make(printedSample)
  calls.sip.rejected(id, sipStatus, '')
  await calls.settle()
  expect(await seen(id)).toMatchObject({ Status: status, Dtmf: null })
})

test('nothing that takes the number: 402, and no call', async () => {
  const [trunk] = await calls.store.trunks.list()
  if (trunk) await calls.store.trunks.update({ ...trunk, enabled: false })
  const answer = await api.app.inject({
    method: 'POST',
    url: '/call',
    headers,
    payload: printedSample,
  })
  expect(answer.statusCode).toBe(402)
  expect(answer.json()).toMatchObject({ Error: { Code: 'no_route' } })
  expect(calls.calls.size).toBe(0)
})

test('a call of the native API is one here too', async () => {
  const { id } = await calls.centre.placeCall(calls.account, {
    to: '+61412345678',
    from: ownNumber,
    verbs: [{ verb: 'gather', numDigits: 3 }],
  })
  await calls.settle()
  calls.sip.answered(id, 'v=0', 'x')
  await calls.settle()
  for (const digit of '123') await press(id, digit)
  expect(await seen(id)).toMatchObject({ Status: 2, Dtmf: '123' })
})
