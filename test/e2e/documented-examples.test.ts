/** Bodies that the documentation offers to try are good ones: a whole engine takes each of them. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, startEngine } from '../support/engine-process.ts'

let engine: EngineProcess
beforeAll(async () => {
  engine = await startEngine()
}, 60_000)
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

interface Schema {
  readonly $ref?: string
  readonly examples?: readonly unknown[]
}
interface Document {
  readonly paths: Record<string, Record<string, { requestBody?: { content: Content } }>>
  readonly components: { readonly schemas: Record<string, Schema> }
}
type Content = Record<string, { schema: Schema }>

const get = async (path: string): Promise<unknown> => (await fetch(engine.httpUrl + path)).json()

/** Requests that make something and have an example of it. */
function examplesOf({ paths, components }: Document): { path: string; body: unknown }[] {
  return Object.entries(paths).flatMap(([path, { post }]) => {
    const schema = post?.requestBody?.content['application/json']?.schema
    const name = schema?.$ref?.split('/').at(-1) ?? ''
    const [body] = (components.schemas[name] ?? schema)?.examples ?? []
    return body === undefined || path.includes('{') ? [] : [{ path, body }]
  })
}

test('each is answered with a success', { timeout: 60_000 }, async () => {
  const { documents } = (await get('/openapi')) as { documents: { url: string }[] }
  const tried: string[] = []
  for (const { url } of documents) {
    const document = (await get(new URL(url).pathname)) as Document
    for (const { path, body } of examplesOf(document)) {
      const { apiKey } = engine
      const headers = { 'x-api-key': apiKey, token: apiKey, authorization: `Bearer ${apiKey}` }
      const answer = await fetch(engine.httpUrl + path, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      expect([path, answer.status, await answer.text()]).toEqual([
        path,
        expect.toSatisfy((status: number) => status >= 200 && status < 300),
        expect.any(String),
      ])
      tried.push(path)
    }
  }
  expect(tried).toEqual(
    expect.arrayContaining(['/v1/voice/calls', '/api/voice/trigger-call', '/v2/calls', '/call']),
  )
})

test('/docs is there, with what it is made of', async () => {
  const page = await fetch(`${engine.httpUrl}/docs`)
  expect(page.status).toBe(200)
  const paths = [...(await page.text()).matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)]
  expect(paths.length).toBeGreaterThan(4)
  for (const [, path] of paths) {
    expect([path, (await fetch(engine.httpUrl + path)).status]).toEqual([path, 200])
  }
})
