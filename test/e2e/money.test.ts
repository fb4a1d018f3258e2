/** A balance over a whole engine that is killed in the middle of a call. */
import { afterAll, expect, test } from 'vitest'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

const echo = '+15005550140'
const ownNumber = '+15005550100'
let engine: EngineProcess | undefined
afterAll(async () => {
  await engine?.stop('SIGKILL')
  engine?.removeData()
})

async function until<Value>(look: () => Promise<Value | undefined>): Promise<Value> {
  for (let tries = 0; tries < 1_000; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('it did not come to that in 50 s')
}

test('what is on hold survives kill -9, and the next start settles it', async () => {
  const first = await startEngine()
  engine = first
  const csv = 'prefix,price_per_minute\n+,0.40\n'
  await first.send('POST', '/v1/voice/rates', { id: 'flat', name: 'Flat', currency: 'AUD', csv })
  await first.send('PUT', '/v1/voice/billing', { billing: 'prepaid', rate_deck: 'flat' })
  await first.send('POST', '/v1/voice/top-ups', { amount: '1', reference: 'payment 1' })
  const place = (on: EngineProcess) =>
    on.send('POST', '/v1/voice/calls', { to: echo, from: ownNumber })
  const { body: call } = await place(first)
  const { body: other } = await place(first)
  const poor = await place(first)
  expect([poor.status, poor.body.error.code]).toEqual([402, 'insufficient_credits'])
  await until(async () => {
    const { body } = await first.get(`/v1/voice/calls/${call.id}`)
    return body.status === 'in-progress' ? true : undefined
  })
  await first.send('DELETE', `/v1/voice/calls/${other.id}`)
  const ended = await until(async () => {
    const { status, body } = await first.get(`/v1/voice/cdrs/${other.id}`)
    return status === 200 ? body : undefined
  })
  const balance = async (on: EngineProcess) => (await on.get('/v1/voice/balance')).body
  const spent = ended.answered_at === null ? 0 : 0.4
  expect(Number(ended.price)).toBeCloseTo(-spent)
  expect(await balance(first)).toMatchObject({ held: '0.40' })
  await first.stop('SIGKILL')
  const second = await startEngine({}, first.dataDir)
  engine = second
  expect((await second.get(`/v1/voice/cdrs/${call.id}`)).body).toMatchObject({
    ...{ end_reason: 'process_restarted', price: '-0.40', billed_seconds: 60 },
    ...{ rate_id: 'flat:1:+', price_unit: 'AUD' },
  })
  const after = await balance(second)
  expect(after.held).toBe('0.00')
  expect(Number(after.balance)).toBeCloseTo(0.6 - spent)
  const { body: again } = await second.send('POST', '/v1/voice/top-ups', {
    ...{ amount: '1', reference: 'payment 1' },
  })
  expect(again.sequence).toBe(1)
  expect((await balance(second)).balance).toBe(after.balance)
})
