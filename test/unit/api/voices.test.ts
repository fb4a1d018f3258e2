import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

test('voices are listed, by language and provider', async () => {
  const ann = {
    ...{ id: 'lab:ann', name: 'ann', language: 'en-GB', gender: null, provider: 'lab' },
    ...{ sample_rate: 16_000, default: true, sample_url: '/v1/voice/voices/lab%3Aann/sample' },
  }
  for (const query of ['', '?language=en', '?language=EN-gb', '?provider=lab']) {
    const { status, body } = await lab.ask({ url: `/v1/voice/voices${query}` })
    expect([status, body]).toEqual([200, { voices: [ann], total: 1, unavailable: null }])
  }
  for (const query of ['?language=de', '?language=e', '?provider=other']) {
    const { body } = await lab.ask({ url: `/v1/voice/voices${query}` })
    expect(body).toMatchObject({ voices: [], total: 0 })
  }
})

test('a voice can be heard; one that there is not can not', async () => {
  const heard = await lab.ask({ url: '/v1/voice/voices/lab%3Aann/sample' })
  expect(heard.status).toBe(200)
  const { status, body } = await lab.ask({ url: '/v1/voice/voices/lab:bob/sample' })
  expect([status, body]).toMatchObject([404, { error: { code: 'not_found' } }])
})
