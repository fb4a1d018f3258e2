import { afterAll, beforeAll, expect, test } from 'vitest'
import { dialectsOf } from '../../../engine/compose/dialects.ts'
import { readConfig } from '../../../engine/config/index.ts'
import { type ApiLab, apiLab } from './api-lab.ts'

let lab: ApiLab
beforeAll(async () => {
  lab = await apiLab({ dialects: dialectsOf(readConfig({}, '.')) })
})
afterAll(() => lab.close())

const get = (url: string) => lab.app.inject({ url })

test('the start page leads to /docs, and that to the first dialect', async () => {
  expect((await get('/about')).body).toContain('<a href="/docs">')
  const { statusCode, headers } = await get('/docs')
  expect([statusCode, headers['location']]).toEqual([302, '/docs/telefonie'])
})

test('a page for each dialect: a way to all of them, its own document, and back to the start', async () => {
  const { dialects } = lab.options
  for (const { id, title } of dialects) {
    const { statusCode, body, headers } = await get(`/docs/${id}`)
    expect([id, statusCode]).toEqual([id, 200])
    expect(headers['content-security-policy']).toContain("connect-src 'self'")
    expect(body).toContain(`<title>${title} - Ringdown</title>`)
    expect(body).toContain('<a class="brand" href="/about">')
    for (const other of dialects) expect(body).toContain(`<a href="/docs/${other.id}"`)
    const current = [...body.matchAll(/href="([^"]+)" aria-current="page"/g)].map(([, to]) => to)
    expect(current).toEqual([`/docs/${id}`])
    const [, document = ''] = /data-document="([^"]+)"/.exec(body) ?? []
    expect((await get(document)).json()).toMatchObject({ info: { title } })
  }
})

test('a dialect that is not there is 404', async () => {
  expect((await get('/docs/none')).statusCode).toBe(404)
})

test('all that it shows comes from the engine, and what comes from a package is kept', async () => {
  const { body } = await get('/docs/telefonie')
  const addresses = [...body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, to = '']) => to)
  expect(addresses.filter((address) => !address.startsWith('/'))).toEqual([])
  const ofPackage = addresses.filter((address) => address.startsWith('/assets/swagger-ui/'))
  expect(ofPackage).toHaveLength(2)
  const types = await Promise.all(
    ofPackage.map(async (url) => {
      const { statusCode, headers, rawPayload } = await get(url)
      expect(statusCode).toBe(200)
      expect(rawPayload.byteLength).toBeGreaterThan(100_000)
      expect(headers).toMatchObject({
        'cache-control': 'public, max-age=31536000, immutable',
        'x-content-type-options': 'nosniff',
      })
      return headers['content-type']
    }),
  )
  expect(types).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8'])
})

/** A key may be handed over by the page only where it may be one. */
test('it says whether the dialect takes keys', async () => {
  for (const { id, credentials } of lab.options.dialects) {
    const [, takes] = /data-takes="([^"]*)"/.exec((await get(`/docs/${id}`)).body) ?? []
    expect(takes?.split(' ')).toEqual(credentials.kinds)
  }
})
