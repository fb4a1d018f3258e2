/** The account's default application, how an application is asked, and the schema of verbs. */
import Schema from 'typebox/schema'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readVerbs } from '../../../engine/app/verb-document.ts'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const url = '/v1/voice/application'
const put = (payload: object) => lab.ask({ method: 'PUT', url, payload })

test('none at first; what is set is kept until it is deleted', async () => {
  expect((await lab.ask({ url })).status).toBe(404)
  const wished = { url: 'https://app.example/voice', url_format: 'form' }
  const shown = { ...wished, method: 'POST' }
  expect(await put(wished)).toMatchObject({ status: 200, body: shown })
  expect((await lab.ask({ url })).body).toEqual(shown)
  const other = { url: 'https://app.example/b', method: 'GET', fallback_url: 'https://b.example/' }
  expect((await put(other)).body).toEqual(other)
  expect((await lab.store.accounts.first())?.application).toEqual({
    ...{ url: other.url, method: 'GET', fallbackUrl: other.fallback_url },
  })
  expect((await lab.ask({ method: 'DELETE', url })).status).toBe(204)
  expect((await lab.ask({ url })).status).toBe(404)
  expect((await lab.ask({ method: 'DELETE', url })).status).toBe(204)
})

test('limits and application do not undo each other', async () => {
  await put({ url: 'https://app.example/voice' })
  await lab.ask({ method: 'PUT', url: '/v1/voice/limits', payload: { max_calls: 7 } })
  expect((await lab.ask({ url })).status).toBe(200)
  await lab.ask({ method: 'DELETE', url })
  expect((await lab.ask({ url: '/v1/voice/limits' })).body).toMatchObject({ max_calls: 7 })
})

test.each([
  [{}, 'url'],
  [{ url: 'https://app.example/', method: 'PUT' }, 'method'],
  [{ url: 'https://app.example/', url_format: 'xml' }, 'url_format'],
  [{ url: 'https://app.example/', fallback: 'x' }, 'fallback'],
])('%j is refused', async (payload, field) => {
  expect(await put(payload)).toMatchObject({ status: 400, body: { error: { field } } })
})

test('a number tells how its application is asked', async () => {
  const route = {
    ...{ url: 'https://app.example/voice', method: 'GET', url_format: 'form' },
    fallback_url: 'https://app.example/else',
  }
  const numbers = '/v1/voice/numbers'
  const payload = { number: '+15005550188', route }
  const made = await lab.ask({ method: 'POST', url: numbers, payload })
  expect(made).toMatchObject({ status: 201, body: { route } })
  const alone = {
    number: '+15005550189',
    route: { device: '1001', fallback_url: 'https://a.example' },
  }
  expect(await lab.ask({ method: 'POST', url: numbers, payload: alone })).toMatchObject({
    ...{ status: 400, body: { error: { field: 'route.fallback_url' } } },
  })
})

test('a call says how its application is asked, and only where it has one', async () => {
  const call = { to: '+15005550140', from: '+15005550100', url_format: 'form' }
  expect(await lab.ask({ method: 'POST', url: '/v1/voice/calls', payload: call })).toMatchObject({
    ...{ status: 400, body: { error: { field: 'url_format' } } },
  })
})

test('the schema of verbs is published, and takes what is taken', async () => {
  const { status, body } = await lab.ask({ url: '/v1/voice/verbs.schema.json' })
  expect(status).toBe(200)
  expect(body).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema' })
  const published = Schema.Compile(body as object)
  const good: readonly unknown[][] = [
    [],
    [
      { verb: 'say', text: 'hello' },
      { verb: 'record_message', silence: 3, action: 'https://a.example' },
    ],
    [{ verb: 'dial', targets: [{ to: '1001', send_digits: 'ww1' }], hangup_on_star: true }],
    [
      {
        verb: 'gather',
        min_digits: 2,
        branches: { '1': [{ verb: 'refer', to: 'sip:a@b.example' }] },
      },
    ],
  ]
  for (const verbs of good) {
    expect(published.Check(verbs)).toBe(true)
    expect(readVerbs(verbs)).toHaveLength(verbs.length)
  }
  for (const verbs of [
    [{ verb: 'sing' }],
    [{ verb: 'say' }],
    [{ verb: 'gather', branches: { '1': [{ verb: 'sing' }] } }],
    [{ verb: 'record_message', max_length: 0 }],
  ]) {
    expect(published.Check(verbs)).toBe(false)
    expect(() => readVerbs(verbs)).toThrow()
  }
})
