import { afterAll, beforeAll, expect, test } from 'vitest'
import { isFinal } from '../../../../engine/core/call.ts'
import fc from '../../../support/property.ts'
import { type Answer, type FoneLab, openFoneLab } from './lab.ts'

let lab: FoneLab
beforeAll(async () => {
  lab = await openFoneLab()
  await lab.device('desk')
})
afterAll(() => lab.close())

const calls = async () =>
  lab.calls.centre.listCalls(lab.calls.account.id, { page: 1, pageSize: 100 })

/** Asks without waiting for the answer; a refusal must have made no call, and no other 5xx may come. */
async function ask(body: unknown, type = 'application/json'): Promise<Answer> {
  // Neither limit is what is tested.
  lab.api.time.nowMs += 1_000
  const before = (await calls()).total
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const headers = { prefer: 'respond-async', 'content-type': type }
  const answer = await lab.ask('POST', '/v2/calls', { body: payload, headers })
  await lab.calls.settle()
  const after = await calls()
  expect(after.total - before).toBe(answer.status === 202 ? 1 : 0)
  expect(answer.status === 202 || (answer.status >= 400 && answer.status < 500)).toBe(true)
  for (const { id, status } of after.calls) {
    if (!isFinal(status)) await lab.calls.centre.endCall(lab.calls.account.id, id)
  }
  return answer
}

const number = fc.oneof(
  fc.constantFrom('5005550100', '+15005550140', '15005550140', '5550140', '011', '911', '101'),
  fc.stringMatching(/^[-+() \d]{0,20}$/),
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc.integer(),
  fc.jsonValue({ maxDepth: 2 }),
)
const kind = fc.oneof(
  fc.constantFrom('TTS', 'tts', 'Device', 'SoundFile', 'Phonenumber', 'Forward', 'VoiceMail'),
  fc.constantFrom('__proto__', 'constructor', 'toString', ''),
  fc.string({ maxLength: 40 }),
)
const body = fc.record(
  {
    fonenumber: fc.oneof({ arbitrary: fc.constant('5005550100'), weight: 3 }, number),
    to: fc.oneof({ arbitrary: fc.constant('5005550140'), weight: 3 }, number),
    service_type: kind,
    type: kind,
    service_id: fc.oneof(number, fc.constantFrom('Hello', '<speak>Hi</speak>', '<p', 'http://x')),
  },
  { requiredKeys: [] },
)

test('any JSON body: no 5xx, and no call when it is refused', async () => {
  const seen = new Set<number>()
  await fc.assert(
    fc.asyncProperty(body, async (given) => {
      seen.add((await ask(given)).status)
    }),
    { numRuns: 200 },
  )
  expect(seen.size).toBeGreaterThan(1)
})

test('any form body', async () => {
  const fields = fc.record(
    {
      fonenumber: fc.constantFrom('5005550100', ''),
      to: fc.string({ unit: 'binary', maxLength: 20 }),
      service_type: kind,
      service_id: fc.string({ maxLength: 20 }),
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fields, async (given) => {
      await ask(new URLSearchParams(given).toString(), 'application/x-www-form-urlencoded')
    }),
    { numRuns: 100 },
  )
})

test('any bytes', async () => {
  const types = fc.constantFrom(
    'application/json',
    'application/x-www-form-urlencoded',
    'text/plain',
  )
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary' }), types, async (text, type) => {
      await ask(text, type)
    }),
    { numRuns: 100 },
  )
})
