import { afterEach, beforeEach, expect, test } from 'vitest'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab()
})
afterEach(() => lab.close())

const base = '/v1/voice/numbers'
const number = '+61255550123'
const voice_url = 'https://app.example/voice'

// biome-ignore lint/suspicious/noExplicitAny: JSON of any shape, checked where it is used
async function post(url: string, payload: object): Promise<{ status: number; body: any }> {
  return lab.ask({ method: 'POST', url, payload })
}

test('voice_url and voice_method in the place of route', async () => {
  const { status, body } = await post(base, { number, voice_url })
  expect(status).toBe(201)
  const route = { url: voice_url, method: 'POST' }
  expect(body).toMatchObject({ route, voice_url, voice_method: 'POST' })
  const of = `${base}/${body.id}`
  const changed = await post(of, { voice_url, voice_method: 'GET' })
  expect(changed.body).toMatchObject({ route: { ...route, method: 'GET' }, voice_method: 'GET' })
  const elsewhere = await post(of, { route: { number: '+61255550124' } })
  expect(elsewhere.body).toMatchObject({ voice_url: null, voice_method: null })
})

test.each([
  [{ voice_url, route: { url: voice_url } }, 'invalid_request', 'voice_url'],
  [{ voice_method: 'GET', route: { url: voice_url } }, 'invalid_request', 'voice_method'],
  [{ voice_method: 'GET' }, 'invalid_request', 'voice_method'],
  [{ voice_url, voice_method: 'PUT' }, 'invalid_request', 'voice_method'],
  [{ voice_url: '' }, 'invalid_request', 'voice_url'],
  [{ voice_url: 'ftp://x' }, 'url_not_allowed', 'voice_url'],
  [{}, 'missing_parameter', 'route'],
])('%j is refused', async (where, code, field) => {
  const { status, body } = await post(base, { number, ...where })
  expect([status, body.error]).toMatchObject([400, { code, field }])
  expect((await lab.ask({ url: base })).body).toEqual({ numbers: [] })
})
