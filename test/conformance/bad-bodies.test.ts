/**
 * Thousands of generated bodies that are each wrong somewhere, for every route that makes something: a
 * refusal in the dialect's shape, never a 5xx, and nothing made.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Json } from '../support/engine-process.ts'
import fc from '../support/property.ts'
import { dialects, type Lab, openLab } from './lab.ts'
import { type Creating, conformers, type Owner } from './table.ts'

/** The same bodies in every run: a failure can be had again. */
const seed = 20_260_102
const bodiesPerRoute = 400

let lab: Lab
beforeAll(async () => {
  const unlimited = dialects.map(({ requestsPerSecond: _, ...rest }) => rest)
  lab = await openLab({ dialects: unlimited, limits: { requestsPerSecond: 1e9 } })
})
afterAll(() => lab?.close())

const routes = conformers
  .filter(({ id }) => dialects.some((dialect) => dialect.id === id))
  .flatMap((conformer) => conformer.creates.map((one) => ({ path: one.path, one, conformer })))

/** Their own tests have them: they take files of many megabytes, need a balance, or make nothing new. */
const elsewhere = new Set(
  [
    ...['rates', 'prompts', 'top-ups', 'adjustments'],
    ...['webhooks/secret/rotate', 'webhooks/redeliver'],
  ].map((name) => `/v1/voice/${name}`),
)

test('the table knows every route that makes something', () => {
  const making = dialects.flatMap((dialect) =>
    dialect.routes.filter(
      ({ method, path, body, credentialIn }) =>
        method === 'POST' &&
        body !== undefined &&
        !path.includes(':') &&
        !credentialIn &&
        !elsewhere.has(path),
    ),
  )
  expect(routes.map(({ path }) => path).toSorted()).toEqual(
    making.map(({ path }) => path).toSorted(),
  )
  expect(routes.length * bodiesPerRoute).toBeGreaterThanOrEqual(2_000)
})

/** A JSON text that is wrong in one of the ways in which programs and people get it wrong. */
function badBody(creating: Creating, owner: Owner): fc.Arbitrary<string> {
  const { good, required, optional = [], readsNumbers } = creating
  const field = fc.constantFrom(...required, ...optional)
  const wrong = fc.oneof(
    fc.constantFrom<Json[]>(null, true, false, '', 0.5, {}, []),
    ...(readsNumbers ? [] : [fc.constantFrom(-1, 0, 1e308), fc.integer()]),
    fc.double({ noInteger: true, noNaN: true, noDefaultInfinity: true }),
    fc.array(fc.jsonValue({ maxDepth: 2 }), { maxLength: 4 }),
    fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 }),
  )
  const body = (): Json => structuredClone(good(owner, 77))
  const text = JSON.stringify(body())
  return fc.oneof(
    fc
      .jsonValue()
      .map((value) => JSON.stringify(value))
      .filter((whole) => required.length > 0 || whole !== '{}'),
    fc.tuple(field, wrong).map(([name, value]) => JSON.stringify(changed(body(), name, value))),
    ...(required.length > 0 ? without(required, body) : []),
    fc.integer({ min: 1, max: text.length - 1 }).map((end) => text.slice(0, end)),
    fc
      .tuple(fc.nat(text.length), fc.constantFrom('}', '{', '"', '\u0000', ']', ',,'))
      .map(([at, junk]) => text.slice(0, at) + junk + text.slice(at))
      .filter((broken) => !isJson(broken)),
  )
}

/** A field that has to be there is not, whatever else is. */
function without(required: readonly string[], body: () => Json): fc.Arbitrary<string>[] {
  const field = fc.constantFrom(...required)
  return [
    field.map((name) => JSON.stringify(changed(body(), name, undefined))),
    fc.tuple(field, fc.dictionary(fc.string(), fc.jsonValue())).map(([name, more]) => {
      return JSON.stringify(changed({ ...more, ...body() }, name, undefined))
    }),
  ]
}

/** `path` steps into objects with dots. */
function changed(body: Json, path: string, value: unknown): Json {
  const steps = path.split('.')
  const last = steps.pop() ?? ''
  const holder = steps.reduce((at, step) => at[step], body)
  if (value === undefined) delete holder[last]
  else holder[last] = value
  return body
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

describe.each(routes)('POST $path', ({ one, conformer: { shows, codeOf } }) => {
  test(`${bodiesPerRoute} bodies`, async () => {
    const before = lab.rows()
    const commanded = lab.calls.commands.length
    const headers = {
      ...{ 'content-type': 'application/json', ...one.headers },
      ...shows[0]?.(lab.ours),
    }
    await fc.assert(
      fc.asyncProperty(badBody(one, lab.ours), async (payload) => {
        const answer = await lab.ask({ method: 'POST', url: one.path, headers, payload })
        expect([400, 403, 404, 413], answer.body).toContain(answer.status)
        expect(codeOf(answer.body)).toMatch(/^[a-z_]+$/)
      }),
      { seed, numRuns: bodiesPerRoute },
    )
    expect(lab.rows()).toEqual(before)
    expect(lab.calls.commands.slice(commanded)).toEqual([])
    expect(lab.log.lines).toEqual([])
  })
})

test('and what is right is still taken', async () => {
  for (const { one, conformer } of routes) {
    const headers = { ...one.headers, ...conformer.shows[0]?.(lab.ours) }
    const payload = one.good(lab.ours, 78)
    const answer = await lab.ask({ method: 'POST', url: one.path, headers, payload })
    expect([one.path, answer.status, answer.body]).toEqual([one.path, one.status, answer.body])
  }
})
