/**
 * The same questions to every dialect: who may come in, what is whose, what is no request at all, and that
 * each refusal has the shape of the dialect that was asked.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Json } from '../support/engine-process.ts'
import { type Answer, dialects, type Lab, openLab, publishableKey } from './lab.ts'
import { type Creating, conformers, type Owner } from './table.ts'

const withoutLimit = { limits: { requestsPerSecond: 1e9 } }
const all = dialects.map(({ requestsPerSecond: _, ...rest }) => rest)
const json = { 'content-type': 'application/json' }

let lab: Lab
let n = 0
beforeAll(async () => {
  lab = await openLab({ ...withoutLimit, dialects: all })
})
afterAll(() => lab?.close())
/** Whatever was asked, nothing was a bug. */
afterEach(() => {
  expect(lab.log.lines).toEqual([])
})

const served = conformers.filter(({ id }) => dialects.some((dialect) => dialect.id === id))

test('the table knows every dialect that is served', () => {
  expect(served.map(({ id }) => id).toSorted()).toEqual(dialects.map(({ id }) => id).toSorted())
})

function create(
  one: Creating,
  owner: Owner,
  headers: object,
  body: unknown = one.good(owner, ++n),
): Promise<Answer> {
  return lab.ask({
    ...{ method: 'POST', url: one.path, payload: body as object },
    headers: { ...one.headers, ...headers },
  })
}

describe.each(served.map((one) => [one.id, one] as const))('%s', (_id, conformer) => {
  const { challenge, codeOf, creates, object, overlooks, shows } = conformer
  const dialect = dialects.find(({ id }) => id === conformer.id)!
  const [first] = creates
  const [show] = shows as [(owner: Owner) => Record<string, string>]
  const madeBy = creates.find(({ path }) => path === object.madeBy)!

  function expectRefusal(answer: Answer, status: number, code?: string): void {
    expect([answer.status, answer.body]).toEqual([status, answer.body])
    expect(String(answer.headers['content-type'])).toMatch(/^application\/json/)
    const found = codeOf(answer.body)
    if (code !== undefined) expect(found).toBe(code)
  }

  let before: unknown
  beforeEach(() => {
    before = lab.rows()
  })
  const nothingMade = () => expect(lab.rows()).toEqual(before)

  describe('who one is', () => {
    test('each way to show it lets one in, and the creating routes make what they say', async () => {
      for (const way of shows) {
        for (const one of creates) {
          const { status, body } = await create(one, lab.ours, way(lab.ours))
          expect([one.path, status, body]).toEqual([one.path, one.status, body])
          expect(lab.rows()).not.toEqual(before)
        }
      }
    })

    const strangers: readonly (readonly [string, () => Record<string, string>])[] = [
      ['nothing', () => ({})],
      ['a wrong key', () => show(made('sk_live_wrong'))],
      [
        'a part of the key',
        () => show(made(lab.ours.key.slice(0, -1), lab.ours.token.slice(0, -1))),
      ],
      ['more than the key', () => show(made(`${lab.ours.key}0`, `${lab.ours.token}0`))],
      ['a publishable key', () => show(made(publishableKey))],
      ['an empty key', () => show(made('', ''))],
      ['a token signed by nobody', () => show(made(unsigned, unsigned))],
      ['a very long key', () => show(made('x'.repeat(9_000)))],
      ...overlooks.map(
        (way, at) => [`the right one in a wrong place (${at + 1})`, () => way(lab.ours)] as const,
      ),
    ]
    test.each(strangers)('%s: 401', async (_what, headers) => {
      for (const { path } of creates) {
        // Not even whether the body could be read is told.
        const url = `${path}?api_key=${lab.ours.key}&token=${lab.ours.token}`
        const payload = '{"'
        const answer = await lab.ask({
          ...{ method: 'POST', url, payload, headers: { ...json, ...headers() } },
        })
        expectRefusal(answer, 401, 'unauthorized')
        expect(answer.headers['www-authenticate']).toBe(challenge)
      }
      nothingMade()
    })
  })

  describe('what is whose', () => {
    test('of another account: answered like one that never was, and left as it is', async () => {
      const { status, body } = await create(madeBy, lab.theirs, show(lab.theirs))
      expect(status).toBe(madeBy.status)
      const url = object.url(body)
      const seenByThem = () => lab.ask({ url, headers: show(lab.theirs) })
      const asItWas = await seenByThem()
      expect(asItWas.status).toBe(200)
      for (const [method, payload] of [['GET'] as const, ...object.changes]) {
        const ask = (address: string) =>
          lab.ask({ method, url: address, headers: show(lab.ours), ...(payload && { payload }) })
        const [foreign, never] = [await ask(url), await ask(object.never)]
        expectRefusal(foreign, 404, 'not_found')
        expect(withoutRequestId(foreign)).toEqual(withoutRequestId(never))
      }
      expect((await seenByThem()).body).toEqual(asItWas.body)
    })

    test.each(['0', '%00', "'", '..%2f..', '%F0%9F%93%9E', 'x'.repeat(190), 'x'.repeat(5_000)])(
      'an id like %j is nobody’s',
      async (id) => {
        const url = object.never.replace(/[^/]+$/, id)
        expectRefusal(await lab.ask({ url, headers: show(lab.ours) }), 404, 'not_found')
      },
    )
  })

  describe('what is no request', () => {
    const send = (one: Creating, payload: string | Buffer, type = 'application/json') =>
      lab.ask({
        ...{ method: 'POST', url: one.path, payload },
        headers: { ...one.headers, ...show(lab.ours), 'content-type': type },
      })
    const bodies: readonly (readonly [string, (good: string) => string | Buffer, number])[] = [
      ['half of the JSON', (good) => good.slice(0, good.length / 2), 400],
      ['two JSON documents', (good) => good + good, 400],
      ['JSON and a comma', (good) => good.replace('}', ',}'), 400],
      ['single quotes', (good) => good.replaceAll('"', "'"), 400],
      ['a prototype', (good) => good.replace('{', '{"__proto__":{"to":"x"},'), 400],
      ['a constructor', (good) => good.replace('{', '{"constructor":{"prototype":{}},'), 400],
      ['text', () => '"to"', 400],
      ['null', () => 'null', 400],
      ['a list', (good) => `[${good}]`, 400],
      ['nothing', () => '', 400],
      ['white space', () => ' \n', 400],
      ['bytes that are no text', () => Buffer.from([0xff, 0xfe, 0, 1]), 400],
      ['UTF-16', (good) => Buffer.from(good, 'utf16le'), 400],
      ['a field a thousand deep', (good) => deepened(good, 1_000), 400],
      ['a field 100,000 deep', (good) => deepened(good, 100_000), 400],
      ['more than a megabyte', (good) => good.replace('{', `{${' '.repeat(1_100_000)}`), 413],
    ]
    test.each(bodies)('%s', async (what, bodyOf, status) => {
      for (const one of creates) {
        // nothing is as good as nothing in particular
        if (what === 'nothing' && one.required.length === 0) continue
        const good = JSON.stringify(one.good(lab.ours, ++n))
        expectRefusal(await send(one, bodyOf(good)), status)
      }
      nothingMade()
    })

    const types = [
      ...['text/plain', 'application/xml', 'text/html', 'multipart/form-data; boundary=x'],
      ...['application/x-www-form-urlencoded', 'nonsense', 'application/jsonp', '*/*', ';'],
    ]
    test.each(types.filter((type) => !conformer.alsoReads.includes(type)))(
      'a body of type %s',
      async (type) => {
        for (const one of creates) {
          const good = JSON.stringify(one.good(lab.ours, ++n))
          expectRefusal(await send(one, good, type), 415, 'unsupported_media_type')
        }
        nothingMade()
      },
    )

    test('a path that is none', async () => {
      for (const base of dialect.bases) {
        for (const rest of ['/nothing/at/all', '/%ZZ', '/nothing/?x=%ff']) {
          expectRefusal(await lab.ask({ url: base + rest, headers: show(lab.ours) }), 404)
        }
      }
    })

    test('a method that a path does not have', async () => {
      const paths = Map.groupBy(dialect.routes, ({ path }) => path)
      for (const [path, routes] of paths) {
        const known = routes.map(({ method }) => method as string)
        for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const) {
          if (known.includes(method)) continue
          const url = path.replaceAll(/:\w+/g, 'x')
          const answer = await lab.ask({ method, url, headers: show(lab.ours), payload: '{' })
          expectRefusal(answer, 405, 'method_not_allowed')
          const allowed = String(answer.headers['allow']).split(', ')
          expect(allowed.filter((one) => one !== 'HEAD').toSorted()).toEqual(known.toSorted())
        }
      }
      nothingMade()
    })
  })

  describe('hostile headers', () => {
    const proofs: readonly (readonly [string, string])[] = [
      ['authorization', 'Bearer'],
      ['authorization', `Bearer ${'x'.repeat(8_000)}`],
      ['authorization', 'Basic ====='],
      ['authorization', `Basic ${Buffer.from([0xff, 0xfe, 0, 0x3a]).toString('base64')}`],
      ['authorization', 'Basic Og=='],
      ['authorization', 'Digest username="x", realm="y", nonce="z", uri="/", response="0"'],
      ['authorization', 'Bearer ../../etc/passwd'],
      ['authorization', 'Bearer \u00ff\u00fe'],
      ['authorization', `Bearer ${'a.'.repeat(4_000)}`],
      ['authorization', "' OR 1=1 --"],
      ['authorization', '__proto__'],
      ['x-api-key', "' OR 1=1 --"],
      ['x-api-key', 'constructor'],
      ['x-api-key', '\u0000'],
      ['token', '{"$gt":""}'],
      ['token', `${'A'.repeat(3_000)}.${'B'.repeat(3_000)}.`],
    ]
    test.each(proofs)('%s: %j', async (name, value) => {
      expectRefusal(await create(first, lab.ours, { [name]: value }), 401, 'unauthorized')
      nothingMade()
    })

    const others: readonly (readonly [string, string])[] = [
      ['content-type', 'application/json; charset=../../x'],
      ['content-type', `application/json${';a=b'.repeat(500)}`],
      ['accept', '*/*;q=-1, \u00ff, text/'.repeat(50)],
      ['prefer', 'respond-async, wait=-1, ;;;, handling="'],
      ['x-forwarded-proto', 'javascript, https, http'],
      ['x-forwarded-for', '::1%lo0, 999.999.999.999, <script>'],
      ['x-forwarded-host', 'evil.example'],
      ['x-request-id', 'x'.repeat(5_000)],
      ['x-http-method-override', 'DELETE'],
      ['idempotency-key', 'x'.repeat(5_000)],
      ['range', 'bytes=-1-,99999999999999999999-0'],
      ['if-none-match', '*'],
      ['cookie', '__proto__=1; ='.repeat(200)],
      ['origin', 'null'],
    ]
    test.each(others)('%s: %j', async (name, value) => {
      const headers = { ...json, ...show(lab.ours), [name]: value }
      const { status, body } = await create(first, lab.ours, headers)
      expect([200, 201, 202, 400, 415], JSON.stringify(body)).toContain(status)
      if (status >= 400) codeOf(body)
    })
  })

  describe('an Idempotency-Key', () => {
    const keyed = (key: string, owner = lab.ours) => ({ ...show(owner), 'idempotency-key': key })

    test('the same request again is answered as before, and nothing is made', async () => {
      for (const [at, one] of creates.filter(({ status }) => status < 300).entries()) {
        const headers = keyed(`again ${conformer.id} ${at}`)
        const body = one.good(lab.ours, ++n)
        const [made, rows] = [await create(one, lab.ours, headers, body), lab.rows()]
        expect(made.status).toBe(one.status)
        expect(made.headers['idempotency-replayed']).toBeUndefined()
        const again = await create(one, lab.ours, headers, body)
        expect([again.status, again.body]).toEqual([made.status, made.body])
        expect(again.headers['location']).toBe(made.headers['location'])
        expect(again.headers['idempotency-replayed']).toBe('true')
        expect(lab.rows()).toEqual(rows)
      }
    })

    test('twenty at the same time: one does it, the others are told so or answered alike', async () => {
      const headers = keyed(`twenty ${conformer.id}`)
      const body = first.good(lab.ours, ++n)
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => create(first, lab.ours, headers, body)),
      )
      const made = answers.filter(({ status }) => status === first.status)
      const first1 = made[0]!
      for (const { body: same } of made) expect(same).toEqual(first1.body)
      expect(made.filter((one) => !one.headers['idempotency-replayed'])).toHaveLength(1)
      for (const answer of answers.filter((one) => !made.includes(one))) {
        expectRefusal(answer, 409, 'request_in_progress')
        expect(answer.headers['retry-after']).toBe('1')
      }
    })

    test('another request with it: 409; of another account it is another key', async () => {
      const headers = keyed(`other ${conformer.id}`)
      const elsewhere = served.find(({ id }) => id !== conformer.id)!
      const [other, [way]] = [elsewhere.creates[0], elsewhere.shows]
      const its = { ...way!(lab.ours), 'idempotency-key': headers['idempotency-key'] }
      expect((await create(other, lab.ours, its)).status).toBe(other.status)
      before = lab.rows()
      expectRefusal(await create(first, lab.ours, headers), 409, 'idempotency_conflict')
      nothingMade()
      const theirs = await create(
        ...([first, lab.theirs, keyed(`other ${conformer.id}`, lab.theirs)] as const),
      )
      expect(theirs.status).toBe(first.status)
      expect(theirs.headers['idempotency-replayed']).toBeUndefined()
    })

    test('what was refused may be asked again with it', async () => {
      const headers = keyed(`refused ${conformer.id}`)
      const refused = await create(first, lab.ours, headers, {})
      if (first.required.length > 0) expectRefusal(refused, 400)
      nothingMade()
    })

    test.each([['too long', 'x'.repeat(256)]])('%s: 400', async (_what, key) => {
      expectRefusal(await create(first, lab.ours, keyed(key)), 400, 'invalid_request')
      nothingMade()
      const longest = await create(first, lab.ours, keyed(conformer.id.padEnd(255, 'x')))
      expect(longest.status).toBe(first.status)
    })
  })
})

describe.each(served.map((one) => [one.id, one] as const))(
  '%s, in a lab of its own',
  (_id, one) => {
    const [first] = one.creates
    const [show] = one.shows as [(owner: Owner) => Record<string, string>]
    const dialect = dialects.find(({ id }) => id === one.id)!
    const ask = (owner: Owner, at = one.reads || one.object.never) =>
      lab.ask({ url: at, headers: show(owner) })
    let shared: Lab
    beforeEach(() => {
      shared = lab
    })
    afterEach(async () => {
      await lab.close()
      lab = shared
    })

    test('too many requests: 429 with Retry-After, for this account alone', async () => {
      lab = await openLab({ limits: { requestsPerSecond: 5 } })
      await expectLimit(5)
    })

    test('its own limit, if it has one', async () => {
      lab = await openLab(withoutLimit)
      if (dialect.requestsPerSecond !== undefined) await expectLimit(dialect.requestsPerSecond)
      else for (let time = 0; time < 200; time++) expect((await ask(lab.ours)).status).not.toBe(429)
    })

    async function expectLimit(perSecond: number): Promise<void> {
      for (let time = 0; time < perSecond; time++) {
        expect((await ask(lab.ours)).status).not.toBe(429)
      }
      const refused = await ask(lab.ours)
      expect([refused.status, one.codeOf(refused.body)]).toEqual([429, 'rate_limited'])
      expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1)
      expect((await ask(lab.theirs)).status).not.toBe(429)
      lab.time.nowMs += 1_000
      expect((await ask(lab.ours)).status).not.toBe(429)
    }

    test('while the engine shuts down calls are refused with 503', async () => {
      lab = await openLab(withoutLimit)
      lab.calls.calls.drain()
      const before = lab.rows()
      const { status, body } = await create(first, lab.ours, show(lab.ours))
      if (!one.dials) {
        // Only writes something down: that can go on.
        expect(status).toBe(first.status)
        return
      }
      expect([status, one.codeOf(body)]).toEqual([503, 'draining'])
      expect(lab.rows()).toEqual(before)
    })

    test('plain HTTP, where HTTPS is demanded', async () => {
      lab = await openLab({
        ...withoutLimit,
        plainHttp: 'by-dialect',
        trustedProxies: ['127.0.0.1'],
      })
      const plain = await create(first, lab.ours, show(lab.ours))
      if (!dialect.needsHttps) {
        expect(plain.status).toBe(first.status)
        return
      }
      expect([plain.status, one.codeOf(plain.body)]).toEqual([403, 'https_required'])
      const headers = { ...show(lab.ours), 'x-forwarded-proto': 'https' }
      expect((await create(first, lab.ours, headers)).status).toBe(first.status)
    })
  },
)

/** `{"alg":"none"}`, a claim, and no signature. */
const unsigned = `${[{ alg: 'none' }, { type: 'staff', exp: 4e9 }]
  .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
  .join('.')}.`

const made = (key: string, token = key): Owner => ({ number: '', key, token })

const deepened = (good: string, levels: number): string =>
  good.replace('{', `{"deep":${'['.repeat(levels)}${']'.repeat(levels)},`)

/** Two answers can be told apart by these alone. */
function withoutRequestId({ status, headers, body }: Answer): Json {
  const { 'x-request-id': id, date: _, ...rest } = headers
  return { status, rest, body: JSON.parse(JSON.stringify(body).replaceAll(String(id), '')) }
}
