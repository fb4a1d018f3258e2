/** The fields that the voice-call document describes, recorded with the examples that it gives. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../../support/engine-process.ts'
import { bugsIn } from '../../support/log-lines.ts'
import { answered, type House, openHouse, tokenOf } from '../house.ts'
import { documents } from '../printed.ts'

let house: House
beforeAll(async () => {
  house = await openHouse()
})
afterAll(() => house?.close())
afterEach(() => {
  expect(bugsIn(house.engine.output())).toEqual([])
})

describe.each(documents)('$name', ({ voiceCall: printed }) => {
  const names = [
    ...['staff_uid', 'client_uid', 'from_number', 'to_number', 'direction', 'status', 'rate'],
    ...['provider', 'source_id', 'external_uuid', 'business_uid'],
  ]
  const example = Object.fromEntries(names.map((name, n) => [name, printed.examples[n]]))
  const path = '/v3/communication/voice_calls'

  async function ask(method: string, address: string, token: string, body?: object) {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const request = { method, headers, ...(body && { body: JSON.stringify(body) }) }
    let answer = await fetch(house.engine.httpUrl + address, request)
    // More requests than an account may make in a second: a client does as it is told.
    while (answer.status === 429) {
      await sleep(Number(answer.headers.get('retry-after')) * 1000)
      answer = await fetch(house.engine.httpUrl + address, request)
    }
    return answered(answer)
  }

  test('there is an example for each field', () => {
    expect(printed.examples).toHaveLength(names.length)
  })

  test.each(['staff', 'app', 'directory'])(
    'the examples, with a token of kind %s',
    async (kind) => {
      const token = await tokenOf(kind, [printed.examples[10] ?? ''])
      const unique = { source_id: `${example['source_id']}-${kind}`, external_uuid: `x-${kind}` }
      const { status, body } = await ask('POST', path, token, { ...example, ...unique })
      expect([status, body.success]).toEqual([200, true])
      expect(body.data).toMatchObject({ ...example, ...unique, uid: expect.any(String) })
      const read = await ask('GET', `${path}/${body.data.uid}`, token)
      expect([read.status, read.body.data]).toEqual([200, body.data])
      const again = await ask('POST', path, token, { ...example, ...unique })
      expect(again.body.data.uid).toBe(body.data.uid)
    },
  )

  test('every printed direction with every printed status', async () => {
    const token = await tokenOf('directory')
    for (const direction of printed.directions) {
      for (const state of printed.statuses) {
        const own = `${direction}-${state}-${printed.examples[8]}`
        const asked = { ...example, direction, status: state, source_id: own, external_uuid: own }
        const { status, body } = await ask('POST', path, token, asked)
        expect([status, body.data?.direction, body.data?.status]).toEqual([200, direction, state])
        const small = { ...asked, direction: direction.toLowerCase(), source_id: `${own}-small` }
        expect((await ask('POST', path, token, small)).status).toBe(400)
      }
    }
  })

  test.each(names)('without %s, or with another type: 400 that names it', async (name) => {
    const token = await tokenOf('directory')
    const { [name]: _, ...without }: Json = { ...example, source_id: 'bad', external_uuid: 'bad' }
    for (const bad of [without, { ...without, [name]: '' }, { ...without, [name]: 0.05 }]) {
      const { status, body } = await ask('POST', path, token, bad)
      expect([status, body.success]).toEqual([400, false])
      expect(body.errors).toEqual([expect.objectContaining({ field: name })])
    }
  })
})
