/** Every request that a document prints, sent as it is printed, and what comes of it to its end. */
import { setTimeout as sleep } from 'node:timers/promises'
import { runInNewContext } from 'node:vm'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type Json } from '../../support/engine-process.ts'
import { bugsIn } from '../../support/log-lines.ts'
import type { TriggerDocument } from '../documents.ts'
import { endedCall, type House, openHouse, replay } from '../house.ts'
import { documents } from '../printed.ts'
import { expectPrinted } from '../shape.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())
afterEach(() => {
  expect(bugsIn(house.engine.output())).toEqual([])
})

describe.each(documents)('trigger-call, $name', ({ trigger }) => {
  const { answer, curl, keyStandIn, script } = trigger

  test('the command line', async () => {
    const asked = JSON.parse(curl.body ?? '')
    willTalk(asked)
    const { status, body } = await replay(house, curl, keyStandIn)
    expect(status).toBe(answer.status)
    expectPrinted(body, answer.body)
    expect(body).toMatchObject({
      success: true,
      status: answer.body['status'],
      agentPhone: asked.agentPhone,
      leadPhone: asked.leadPhone,
      creditsUsed: answer.body['creditsUsed'],
    })
    await talkedToTheEnd(body.callId, trigger, asked)
  })

  test('the program', async () => {
    const { httpUrl, apiKey } = house.engine
    const program = script.text.replaceAll(script.origin, httpUrl).replace(keyStandIn, apiKey)
    let asked: Json
    const look: typeof fetch = (address, request) => {
      asked = JSON.parse(String(request?.body))
      willTalk(asked)
      return fetch(address, request)
    }
    const data: Json = await runInNewContext(`${program}\n${script.main}()`, { fetch: look })
    expectPrinted(data, answer.body)
    await talkedToTheEnd(data.callId, trigger, asked)
  })

  test('a number that is none is refused as printed', async () => {
    const printed = trigger.errors.find(({ error }) => error.code === 'invalid_phone_number')!
    const asked = { ...JSON.parse(curl.body ?? ''), agentPhone: '0412 345 678' }
    const bad = { ...curl, body: JSON.stringify(asked) }
    const { status, body } = await replay(house, bad, keyStandIn)
    expect(status).toBe(400)
    expect(body).toEqual({ error: { ...printed.error, field: 'agentPhone' } })
  })
})

/** The agent presses 1, the lead talks until it was seen that they are connected. */
function willTalk({ agentPhone, leadPhone }: Json): void {
  house.carrier.set(agentPhone, { does: 'answer', presses: '1' })
  house.carrier.set(leadPhone, { does: 'answer' })
}

/** By the API's own lookup: connected, then completed, with both legs paid; the native API agrees. */
async function talkedToTheEnd(callId: string, printed: TriggerDocument, asked: Json) {
  const look = async () => (await house.engine.get(`/api/voice/calls/${callId}`)).body
  const seen = new Set<string>()
  const until = (...statuses: string[]): Promise<Json> =>
    eventually(
      async () => {
        const now = await look()
        seen.add(now.status)
        return now
      },
      ({ status }) => statuses.includes(status),
    )
  await until('connected', 'completed', 'failed')
  // A call lasts whole seconds: one at least, from before it was seen on.
  await sleep(1_100)
  ;(await house.carrier.called(asked.leadPhone)).hangUp()
  const call = await until('completed', 'failed')
  expect(call).toMatchObject({
    ...{ status: 'completed', reason: null, source: asked.source ?? null },
    ...{ metadata: asked.metadata ?? null, leadName: asked.leadName },
    // A minute of each, begun: what was taken at first was the agent's.
    cost: 2 * call.creditsUsed,
  })
  expect(call.duration).toBeGreaterThanOrEqual(1)
  expect([...seen].filter((status) => !printed.statuses.includes(status))).toEqual([])
  expect(seen).toContain('connected')
  const native = await endedCall(house, call.voiceCallId)
  expect(native).toMatchObject({ status: 'completed', to: asked.agentPhone })
}

describe.each(documents)('a voice to a phone, $name', ({ voice2Phone: printed }) => {
  const { create, created, keyStandIn, read, state } = printed
  const asked: Json = runInNewContext(`(${create.body})`)
  const number = `+1${asked.Phone.Number.replaceAll(/\D/g, '')}`
  const [key = ''] = Object.keys(asked.Dtmf)

  const get = (callId: string, proof: string) =>
    replay(house, { ...read, path: read.path.replace('{callId}', callId) }, keyStandIn, proof)

  test.each([
    ['the key alone, as the samples have it', (apiKey: string) => apiKey],
    ['as a user name without a password, as the text has it', basic],
    ['as a bearer', (apiKey: string) => `Bearer ${apiKey}`],
  ])('%s', async (_how, proofOf) => {
    house.carrier.set(number, { does: 'answer', presses: key })
    const proof = proofOf(house.engine.apiKey)
    const { status, body } = await replay(house, create, keyStandIn, proof)
    expect(status).toBe(created.status)
    expectPrinted(body, created.body)
    const seen: Json[] = []
    const last = await eventually(
      async () => {
        const now = await get(body.CallId, proof)
        expect(now.status).toBe(state.status)
        seen.push(now.body)
        return now.body
      },
      ({ Status }) => Status > 1,
      30_000,
    )
    expectPrinted(last, state.body, ['StatusText'])
    expect(last).toMatchObject({
      ...{ CallId: body.CallId, Status: state.body['Status'], Dtmf: key },
    })
    expect(Date.parse(`${last.UpdatedDateUtc}Z`)).toBeGreaterThan(
      Date.parse(`${last.CreatedDateUtc}Z`),
    )
    expect(seen[0]).toMatchObject({ Status: expect.toBeOneOf([0, 1]), Dtmf: null })
    expect(await endedCall(house, body.CallId)).toMatchObject({ status: 'completed', to: number })
  })

  test('hung up before a key was pressed: there is none', async () => {
    house.carrier.set(number, { does: 'answer', hangsUpAfterMs: 500 })
    const { body } = await replay(house, create, keyStandIn)
    const last = await eventually(
      () => get(body.CallId, house.engine.apiKey),
      (now) => now.body.Status > 1,
    )
    expect(last.body).toMatchObject({ Status: 2, Dtmf: null })
  })
})

const basic = (apiKey: string): string => `Basic ${Buffer.from(`${apiKey}:`).toString('base64')}`
