/** The WebSocket of a dialect over real connections: who is let in, what is answered, and what is cut off. */
import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { Type } from 'typebox'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Dialect, newsFeed, route } from '../../../../engine/api/dialect.ts'
import { errorSchema, renderError } from '../../../../engine/api/dialects/telefonie/error.ts'
import type { ApiOptions } from '../../../../engine/api/options.ts'
import { type RunningApi, startApi } from '../../../../engine/api/server.ts'
import { messagesPerSecond, mostOutstanding } from '../../../../engine/api/socket/connection.ts'
import { mostFollows } from '../../../../engine/api/socket/follows.ts'
import { messageBytes } from '../../../../engine/api/socket/sockets.ts'
import { createDevice } from '../../../../engine/app/directory/devices.ts'
import { Failure } from '../../../../engine/core/failures.ts'
import { type ApiLab, apiLab, key, otherKey, ours } from '../api-lab.ts'
import { SocketClient, urlOf } from './socket-lab.ts'

const path = '/test/ws'
const replies = { 200: { says: 'Good' } }
const operation = (id: string) => ({ id, summary: id, tag: 'Test', replies })
const thing = Type.Object({ name: Type.String() })

/** Followers of the feed, by what they follow. */
let followers: { room: string; tell(event: string, data: unknown): void; end(): void }[]
let stopped: string[]
/** Answers of the slow route wait for it. */
let released: PromiseWithResolvers<void>

const dialect: Dialect = {
  id: 'test',
  title: 'Test',
  description: 'Test',
  bases: ['/test'],
  credentials: { places: ['x-api-key', 'bearer'], kinds: ['key', 'device'] },
  ...{ errorSchema, renderError },
  routes: [
    route({
      method: 'POST',
      path: '/test/things/:name',
      params: thing,
      query: Type.Object({ loud: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
      body: Type.Object({ size: Type.Integer({ minimum: 1 }) }, { additionalProperties: false }),
      operation: operation('makeThing'),
      run: async ({ account, params, query, body, requestId }) => ({
        status: 201,
        body: { by: account.name, name: params.name, loud: query.loud, size: body.size, requestId },
      }),
    }),
    route({
      method: 'DELETE',
      path: '/test/things/:name',
      params: thing,
      operation: operation('removeThing'),
      run: async () => ({ status: 204 }),
    }),
    route({
      method: 'GET',
      path: '/test/slow',
      operation: operation('beSlow'),
      run: async () => {
        await released.promise
        return { status: 200, body: 'late' }
      },
    }),
    route({
      method: 'GET',
      path: '/test/never',
      operation: operation('neverAnswer'),
      answersWithinMs: 20,
      run: () => new Promise(() => undefined),
    }),
    route({
      method: 'GET',
      path: '/test/broken',
      operation: operation('break'),
      run: () => Promise.reject(new Error('a bug')),
    }),
    route({
      method: 'GET',
      path: '/test/file',
      operation: { ...operation('getFile'), produces: 'audio/wav' },
      run: async () => ({ file: { path: '/none', type: 'audio/wav', name: 'a.wav' } }),
    }),
    route({
      method: 'GET',
      path: '/test/devices/:device_id',
      params: Type.Object({ device_id: Type.String() }),
      ofDevice: { param: 'device_id' },
      operation: operation('getDevicePage'),
      run: async ({ params }) => ({ status: 200, body: params }),
    }),
  ],
  socket: {
    path,
    news: newsFeed({
      params: Type.Object({ room: Type.String() }, { additionalProperties: false }),
      async begin({ params: { room } }, _services, { tell, end }) {
        if (room === 'none') throw new Failure('not_found', 'There is no such room')
        followers.push({ room, tell, end })
        tell('all', { room })
        return () => void stopped.push(room)
      },
    }),
  },
}

let lab: ApiLab
let api: RunningApi
let url: string
const start = async (changes: Partial<ApiOptions> = {}) => {
  api = await startApi({ ...lab.options, dialects: [dialect], ...changes })
  url = urlOf(api, path)
}
beforeEach(async () => {
  followers = []
  stopped = []
  released = Promise.withResolvers()
  lab = await apiLab()
  await start()
})
afterEach(async () => {
  await api.close()
  await lab.close()
})
const open = (headers: Record<string, string> = { 'x-api-key': key }) =>
  SocketClient.open(url, { headers })

describe('a command', () => {
  const make = (more: object) => ({ id: 7, do: 'makeThing', params: { name: 'cup' }, ...more })

  test('is the route of that name, checked by its own schemas', async () => {
    const client = await open()
    const answer = await client.ask(make({ query: { loud: 'true' }, body: { size: 3 } }))
    expect(answer).toEqual({
      ...{ id: 7, ok: true, status: 201 },
      result: {
        ...{ by: 'ours', name: 'cup', loud: true, size: 3 },
        requestId: expect.stringMatching(/^req_[0-9a-f]{32}$/),
      },
    })
    const gone = { id: 'x', do: 'removeThing', params: { name: 'cup' } }
    expect(await client.ask(gone)).toEqual({ id: 'x', ok: true, status: 204, result: null })
  })

  test.each<[string, object, number, string, string | undefined]>([
    ['a bad body', make({ body: { size: 0 } }), 400, 'invalid_request', 'size'],
    ['no body', make({}), 400, 'invalid_request', undefined],
    ['a field too many', make({ body: { size: 1, x: 1 } }), 400, 'unknown_parameter', 'x'],
    [
      'a bad query',
      make({ query: { loud: 5 }, body: { size: 1 } }),
      400,
      'invalid_request',
      'loud',
    ],
    ['no params', make({ params: {}, body: { size: 1 } }), 400, 'missing_parameter', 'name'],
    ['no such command', { id: 7, do: 'nothing' }, 400, 'unknown_parameter', 'do'],
    ['a file', { id: 7, do: 'getFile' }, 400, 'unknown_parameter', 'do'],
    ['no do', { id: 7 }, 400, 'missing_parameter', 'do'],
    ['a do that is none', { id: 7, do: 7 }, 400, 'invalid_request', 'do'],
    ['params that are none', { id: 7, do: 'x', params: [] }, 400, 'invalid_request', 'params'],
    ['a query that is none', { id: 7, do: 'x', query: 'a=b' }, 400, 'invalid_request', 'query'],
    ['a part that is none', { id: 7, do: 'x', headers: {} }, 400, 'unknown_parameter', 'headers'],
    ['what never answers', { id: 7, do: 'neverAnswer' }, 504, 'timed_out', undefined],
    ['a bug of ours', { id: 7, do: 'break' }, 500, 'internal_error', undefined],
  ])('%s', async (_what, message, status, code, field) => {
    const client = await open()
    const { error, ...rest } = await client.ask(message)
    expect(rest).toEqual({ id: 7, ok: false, status })
    expect(error).toEqual({
      ...{ code, message: expect.any(String), ...(field !== undefined && { field }) },
      request_id: expect.stringMatching(/^req_[0-9a-f]{32}$/),
    })
    expect(lab.log.lines.map(({ level }) => level)).toEqual(status === 500 ? ['error'] : [])
  })

  test.each<[string, string, string]>([
    ['no JSON', '{', 'invalid_json'],
    ['an empty text', '', 'invalid_json'],
    ['no object', '[1]', 'invalid_request'],
    ['null', 'null', 'invalid_request'],
    ['no id', '{"do":"beSlow"}', 'missing_parameter'],
    ['an id that is none', '{"id":{},"do":"beSlow"}', 'invalid_request'],
    ['a long id', `{"id":"${'x'.repeat(65)}","do":"beSlow"}`, 'invalid_request'],
  ])('%s is told, and the connection stays', async (_what, text, code) => {
    const client = await open()
    client.send(text)
    expect(await client.heard(({ id }) => id === null)).toMatchObject({
      ok: false,
      error: { code },
    })
    expect(await client.ask({ id: 1, do: 'removeThing', params: { name: 'a' } })).toMatchObject({
      ok: true,
    })
  })

  test('deep JSON is refused, not a fault of ours', async () => {
    const client = await open()
    const deep = `${'['.repeat(50)}${']'.repeat(50)}`
    client.send(`{"id":1,"do":"makeThing","params":{"name":"a"},"body":{"size":${deep}}}`)
    expect(await client.heard(({ id }) => id === 1)).toMatchObject({ status: 400 })
  })

  test('may be answered after a later one; so many wait at a time', async () => {
    const client = await open()
    for (let id = 0; id < mostOutstanding; id++) client.send({ id, do: 'beSlow' })
    const refused = await client.ask({ id: 'more', do: 'beSlow' })
    expect(refused).toMatchObject({ status: 429, error: { code: 'limit_reached' } })
    released.resolve()
    await client.heard(({ id }) => id === mostOutstanding - 1)
    expect(client.told.filter(({ ok }) => ok)).toHaveLength(mostOutstanding)
    expect(await client.ask({ id: 'again', do: 'beSlow' })).toMatchObject({ ok: true })
  })

  test('counts as a request of its account', async () => {
    await api.close()
    await start({ limits: { requestsPerSecond: 2 } })
    const client = await open()
    expect(await client.ask({ id: 1, do: 'removeThing', params: { name: 'a' } })).toMatchObject({
      ok: true,
    })
    const limited = await client.ask({ id: 2, do: 'removeThing', params: { name: 'a' } })
    expect(limited).toMatchObject({ status: 429, error: { code: 'rate_limited' } })
    await expect(open()).rejects.toThrow('refused with 429')
    // another account's share is its own
    const { socket } = await open({ 'x-api-key': otherKey })
    socket.close()
  })
})

describe('who may', () => {
  const remove = { id: 1, do: 'removeThing', params: { name: 'a' } }

  test('Bearer is as good; a wrong key is 401, and no connection', async () => {
    const client = await open({ authorization: `Bearer ${key}` })
    expect(await client.ask(remove)).toMatchObject({ ok: true })
    await expect(open({ 'x-api-key': 'sk_wrong' })).rejects.toThrow('refused with 401')
  })

  test('a browser shows its key in the first message', async () => {
    const client = await open({})
    const early = await client.ask(remove)
    expect(early).toMatchObject({ status: 401, error: { code: 'unauthorized' } })
    const login = { id: 2, do: 'authenticate', params: { api_key: key } }
    expect(await client.ask(login)).toEqual({ id: 2, ok: true, status: 200, result: null })
    expect(await client.ask({ ...remove, id: 3 })).toMatchObject({ ok: true })
    expect(await client.ask({ ...login, id: 4 })).toMatchObject({ status: 400 })
  })

  test('one wrong guess for each connection', async () => {
    const client = await open({})
    const wrong = { id: 1, do: 'authenticate', params: { api_key: 'sk_wrong' } }
    expect(await client.ask(wrong)).toMatchObject({ status: 401, error: { code: 'unauthorized' } })
    expect((await client.closed).code).toBe(4401)
  })

  test('a key in the address counts for nothing', async () => {
    const client = await SocketClient.open(`${url}?api_key=${key}&x-api-key=${key}`, {})
    expect(await client.ask(remove)).toMatchObject({ status: 401 })
  })

  test('who says nothing is cut off', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] })
    try {
      const client = await open({})
      await vi.waitUntil(() => vi.getTimerCount() >= 2, { timeout: 30_000 })
      vi.advanceTimersByTime(10_000)
      expect((await client.closed).code).toBe(4401)
    } finally {
      vi.useRealTimers()
    }
  })

  test('a page of another origin is 403, of this host or a listed one is not', async () => {
    await expect(open({ origin: 'http://evil.example', 'x-api-key': key })).rejects.toThrow('403')
    await open({ origin: `http://127.0.0.1:${api.port}`, 'x-api-key': key })
    await api.close()
    await start({ socketOrigins: ['https://app.example'] })
    await open({ origin: 'https://app.example', 'x-api-key': key })
    await expect(open({ origin: 'null', 'x-api-key': key })).rejects.toThrow('403')
  })

  test('without encryption where that is asked for: 403, but not behind a proxy of ours', async () => {
    await api.close()
    await start({ plainHttp: 'refuse' })
    const headers = { 'x-api-key': key, 'x-forwarded-proto': 'https' }
    await expect(open(headers)).rejects.toThrow('refused with 403')
    await api.close()
    await start({ plainHttp: 'refuse', trustedProxies: ['127.0.0.1'] })
    await open(headers)
    await expect(open()).rejects.toThrow('refused with 403')
  })

  test('a device keeps to itself, here too', async () => {
    const { device } = await createDevice(lab.options.services.directory, ours.id, {
      username: 'desk',
    })
    const { token } = lab.options.services.deviceLogins.issue(device, 600)
    const client = await open({ authorization: `Bearer ${token}` })
    const page = { id: 1, do: 'getDevicePage', params: { device_id: 'desk' } }
    expect(await client.ask(page)).toMatchObject({ ok: true })
    const others = { ...page, id: 2, params: { device_id: 'other' } }
    expect(await client.ask(others)).toMatchObject({ status: 403, error: { code: 'forbidden' } })
    expect(await client.ask({ ...remove, id: 3 })).toMatchObject({ status: 403 })
    const follow = { id: 4, do: 'follow', params: { room: 'a' } }
    expect(await client.ask(follow)).toMatchObject({ status: 403 })
  })

  test('an account has so many connections; each that ends makes room', async () => {
    await api.close()
    await start({
      limits: { requestsPerSecond: 1_000, connections: 2_000, socketsOfAccount: 100 },
    })
    const clients = await Promise.all(Array.from({ length: 100 }, () => open()))
    await expect(open()).rejects.toThrow('refused with 429')
    const late = await open({})
    const login = { id: 1, do: 'authenticate', params: { api_key: key } }
    expect(await late.ask(login)).toMatchObject({ status: 429, error: { code: 'limit_reached' } })
    clients[0]?.socket.close()
    await clients[0]?.closed
    await vi.waitFor(() => open(), { timeout: 30_000 })
  })

  test('a quarter of all connections, and no more', async () => {
    await api.close()
    await start({ limits: { connections: 8 } })
    await open()
    await open({})
    await expect(open()).rejects.toThrow('refused with 503')
  })

  test('a handshake that is none leaves nothing behind', async () => {
    await api.close()
    await start({ limits: { requestsPerSecond: 1_000, socketsOfAccount: 10 } })
    const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'x-api-key': key }
    for (let i = 0; i < 20; i++) {
      const asked = request(url.replace('ws:', 'http:'), { headers: upgrade }).end()
      const [answer] = (await once(asked, 'response')) as [IncomingMessage]
      expect(answer.statusCode).toBe(400)
      lab.time.nowMs += 100
    }
    await open()
    const plain = await fetch(url.replace('ws:', 'http:'), { headers: { 'x-api-key': key } })
    expect(plain.status).toBe(426)
  })
})

describe('what is too much', () => {
  test('a huge message: 1009', async () => {
    const client = await open()
    client.send('x'.repeat(messageBytes + 1))
    expect((await client.closed).code).toBe(1009)
  })

  test('bytes: 1003', async () => {
    const client = await open()
    client.socket.send(Buffer.from([1, 2, 3]))
    expect((await client.closed).code).toBe(1003)
  })

  test('a flood: 1008', async () => {
    const client = await open()
    for (let i = 0; i <= messagesPerSecond; i++) client.send('{')
    expect((await client.closed).code).toBe(1008)
    expect(client.told.length).toBeLessThanOrEqual(messagesPerSecond)
  })

  test('a client that has not answered a ping is gone', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    try {
      const [quiet, good] = await Promise.all([open(), open()])
      quiet.socket.pause()
      await vi.waitUntil(() => vi.getTimerCount() >= 2, { timeout: 30_000 })
      const ponged = new Promise((resolve) => good.socket.once('ping', resolve))
      vi.advanceTimersByTime(30_000)
      await ponged
      expect(await good.ask({ id: 1, do: 'nothing' })).toMatchObject({ ok: false })
      vi.advanceTimersByTime(30_000)
      quiet.socket.resume()
      expect((await quiet.closed).code).toBe(1006)
      expect(good.socket.readyState).toBe(good.socket.OPEN)
    } finally {
      vi.useRealTimers()
    }
  })

  test('the engine ends: 1001 for everybody, and it does not wait', async () => {
    const clients = await Promise.all([open(), open({})])
    clients[1]?.socket.pause()
    await api.close()
    expect((await clients[0]?.closed)?.code).toBe(1001)
    await expect(open()).rejects.toThrow()
  })
})

describe('news', () => {
  const follow = (room: string, id: number | string = 1) => ({ id, do: 'follow', params: { room } })

  test('come with the id of the command that asked for them, until unfollow', async () => {
    const client = await open()
    expect(await client.ask(follow('a', 'first'))).toMatchObject({
      ...{ ok: true, result: { follow: 'first' } },
    })
    await client.ask(follow('b', 2))
    followers[1]?.tell('more', { x: 1 })
    await client.heard(({ event }) => event === 'more')
    expect(client.told.filter(({ follow }) => follow !== undefined)).toEqual([
      { follow: 'first', event: 'all', data: { room: 'a' } },
      { follow: 2, event: 'all', data: { room: 'b' } },
      { follow: 2, event: 'more', data: { x: 1 } },
    ])
    const end = { id: 3, do: 'unfollow', params: { follow: 2 } }
    expect(await client.ask(end)).toMatchObject({ ok: true })
    expect(stopped).toEqual(['b'])
    expect(await client.ask({ ...end, id: 4 })).toMatchObject({ status: 404 })
    client.socket.close()
    await vi.waitUntil(() => stopped.length === 2, { timeout: 30_000 })
  })

  test('an end is told, once', async () => {
    const client = await open()
    await client.ask(follow('a'))
    followers[0]?.end()
    followers[0]?.end()
    followers[0]?.tell('late', {})
    await client.ask(follow('b', 2))
    expect(client.told.filter(({ ended }) => ended)).toEqual([{ follow: 1, ended: true }])
    expect(client.told.filter(({ event }) => event === 'late')).toEqual([])
    expect(stopped).toEqual(['a'])
  })

  test('refusals', async () => {
    const client = await open()
    expect(await client.ask(follow('none'))).toMatchObject({ status: 404 })
    expect(await client.ask({ id: 2, do: 'follow' })).toMatchObject({
      error: { code: 'missing_parameter', field: 'room' },
    })
    for (let id = 10; id < 10 + mostFollows; id++) await client.ask(follow('a', id))
    client.send(follow('a', 10))
    await client.heard(({ error }) => error?.code === 'already_exists')
    expect(await client.ask(follow('a', 99))).toMatchObject({ error: { code: 'limit_reached' } })
  })

  test('a slow reader misses what is between and begins anew', async () => {
    const client = await open()
    await client.ask(follow('slow'))
    client.socket.pause()
    const much = 'x'.repeat(100_000)
    // more than the kernel keeps for him
    for (let i = 0; i < 200; i++) followers[0]?.tell('much', { i, much })
    followers[0]?.tell('lost', {})
    expect(stopped).not.toContain('slow')
    client.socket.resume()
    await vi.waitUntil(() => followers.length === 2, { timeout: 30_000 })
    expect(stopped).toContain('slow')
    await client.heard(() => client.told.filter(({ event }) => event === 'all').length === 2)
    expect(client.told.filter(({ event }) => event === 'much').length).toBeLessThan(200)
    expect(client.told.some(({ event }) => event === 'lost')).toBe(false)
    followers[1]?.tell('again', {})
    await client.heard(({ event }) => event === 'again')
  })
})
