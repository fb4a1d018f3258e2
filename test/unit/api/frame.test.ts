import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { startApi } from '../../../engine/api/server.ts'
import { keyHash } from '../../../engine/core/digest.ts'
import { type ApiLab, apiLab, key, otherKey, ours } from './api-lab.ts'

let lab: ApiLab
beforeEach(async () => {
  lab = await apiLab({ limits: { requestsPerSecond: 5 } })
})
afterEach(() => lab.close())

const calls = '/v1/voice/calls'
const codeOf = (text: string) => (JSON.parse(text) as { error: { code: string } }).error.code

describe('keys', () => {
  test.each([
    ['none', {}],
    ['empty', { 'x-api-key': '' }],
    ['wrong', { 'x-api-key': 'sk_live_wrong' }],
    ['a part of it', { 'x-api-key': key.slice(0, -1) }],
    ['publishable', { 'x-api-key': 'pk_live_0123456789' }],
    ['far too long', { 'x-api-key': 'x'.repeat(5000) }],
    ['basic', { authorization: `Basic ${Buffer.from(`${key}:`).toString('base64')}` }],
    ['bearer without a key', { authorization: 'Bearer ' }],
  ])('%s: 401 in the shape of each dialect', async (_name, headers) => {
    const native = await lab.app.inject({ url: calls, headers })
    expect(native.statusCode).toBe(401)
    expect(native.json()).toEqual({
      error: {
        code: 'unauthorized',
        message: expect.any(String),
        request_id: native.headers['x-request-id'],
      },
    })
    const trigger = {
      method: 'POST',
      url: '/api/voice/trigger-call',
      payload: '{',
      headers,
    } as const
    const other = await lab.app.inject(trigger)
    expect([other.statusCode, other.headers['www-authenticate']]).toEqual([401, 'Bearer'])
    expect(Object.keys((other.json() as { error: object }).error)).toEqual(['code', 'message'])
  })

  test.each([
    { 'x-api-key': key },
    { authorization: `Bearer ${key}` },
    { authorization: `bearer  ${otherKey} ` },
  ])('%j is let in', async (headers) => {
    expect((await lab.app.inject({ url: calls, headers })).statusCode).toBe(200)
  })
})

test('a publishable key is refused, whoever it belongs to', async () => {
  const text = 'pk_live_0123456789'
  const stored = { hash: keyHash(text), accountId: ours.id, hint: '6789', createdAtMs: 0 }
  await lab.store.accounts.insertKey(stored)
  const answer = await lab.app.inject({ url: calls, headers: { 'x-api-key': text } })
  expect(answer.statusCode).toBe(401)
})

describe('requests that fit no route', () => {
  const headers = { 'x-api-key': key }
  test.each([
    ['GET', '/v1/voice/nothing', 404, 'not_found'],
    ['GET', '/nothing', 404, 'not_found'],
    ['GET', '/api/nothing', 404, 'not_found'],
    ['GET', '/v1/voice/calls/%ZZ', 404, 'not_found'],
    ['PUT', calls, 405, 'method_not_allowed'],
    ['DELETE', calls, 405, 'method_not_allowed'],
    ['PATCH', `${calls}/x`, 405, 'method_not_allowed'],
    ['GET', '/api/voice/trigger-call', 405, 'method_not_allowed'],
  ] as const)('%s %s: %i', async (method, url, status, code) => {
    const answer = await lab.app.inject({ method, url, headers })
    expect([answer.statusCode, codeOf(answer.body)]).toEqual([status, code])
  })

  test('405 says what is allowed', async () => {
    const answer = await lab.app.inject({ method: 'PUT', url: calls, headers })
    expect(answer.headers['allow']).toBe('GET, POST, HEAD')
    const post = await lab.app.inject({ url: '/api/voice/trigger-call', headers })
    expect(post.headers['allow']).toBe('POST')
  })

  test('HEAD is as good as GET, and not allowed where there is none', async () => {
    const head = await lab.app.inject({ method: 'HEAD', url: calls, headers })
    expect([head.statusCode, head.body]).toEqual([200, ''])
    const none = await lab.app.inject({ method: 'HEAD', url: '/api/voice/trigger-call', headers })
    expect([none.statusCode, none.headers['allow'], none.body]).toEqual([405, 'POST', ''])
  })
})

describe('bodies', () => {
  const send = (payload: string | Buffer, type = 'application/json') => {
    const headers = { 'x-api-key': key, 'content-type': type }
    return lab.app.inject({ method: 'POST', url: calls, payload, headers })
  }
  const good = '{"to":"+61412345678","from":"+15005550000"}'

  test.each([
    ['bad JSON', '{"to":', 'application/json', 400, 'invalid_json'],
    ['half of it', good.slice(0, 20), 'application/json', 400, 'invalid_json'],
    ['two of them', good + good, 'application/json', 400, 'invalid_json'],
    ['a prototype', '{"__proto__":{"to":"x"}}', 'application/json', 400, 'invalid_json'],
    ['JSON that is text', '"to"', 'application/json', 400, 'invalid_request'],
    ['null', 'null', 'application/json', 400, 'invalid_request'],
    ['nothing', '', 'application/json', 400, 'invalid_request'],
    ['a form', 'to=1&from=2', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
    ['plain text', good, 'text/plain', 415, 'unsupported_media_type'],
    ['no type', good, 'nonsense', 415, 'unsupported_media_type'],
    ['10 MB', `"${'x'.repeat(10_000_000)}"`, 'application/json', 413, 'body_too_large'],
    ['10,000 deep', '['.repeat(1e4) + ']'.repeat(1e4), 'application/json', 400, 'invalid_request'],
  ])('%s', async (_name, payload, type, status, code) => {
    const answer = await send(payload, type)
    expect([answer.statusCode, codeOf(answer.body)]).toEqual([status, code])
    expect(lab.centre.asked).toEqual([])
  })

  test('nothing at all: it says so', async () => {
    expect(JSON.parse((await send('', 'application/json')).body)).toMatchObject({
      error: { message: 'A body is needed' },
    })
  })

  test('JSON with a charset is JSON', async () => {
    expect((await send(good, 'application/json; charset=utf-8')).statusCode).toBe(201)
  })
})

test('more requests than the limit: 429 with Retry-After, other accounts are not touched', async () => {
  const ask = (who: string) => lab.app.inject({ url: calls, headers: { 'x-api-key': who } })
  for (let n = 0; n < 5; n++) expect((await ask(key)).statusCode).toBe(200)
  const refused = await ask(key)
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1'])
  expect(codeOf(refused.body)).toBe('rate_limited')
  expect((await ask(otherKey)).statusCode).toBe(200)
  lab.time.nowMs += 200
  expect((await ask(key)).statusCode).toBe(200)
  expect((await ask(key)).statusCode).toBe(429)
})

test('a bug is 500 without its message, and is logged with its stack and the request id', async () => {
  lab.centre.refuse = new TypeError('secret detail')
  const payload = { to: '+61412345678', from: '+15005550000' }
  const answer = await lab.ask({ method: 'POST', url: calls, payload })
  expect(answer.status).toBe(500)
  expect(JSON.stringify(answer.body)).not.toContain('secret')
  expect(lab.log.lines).toMatchObject([
    {
      level: 'error',
      fields: {
        requestId: answer.headers['x-request-id'],
        path: calls,
        error: expect.stringContaining('TypeError: secret detail'),
      },
    },
  ])
})

test('every answer has the common headers', async () => {
  for (const url of [calls, '/nothing', '/healthz', '/']) {
    const { headers } = await lab.ask({ url })
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-request-id': expect.stringMatching(/^req_/),
    })
  }
})

describe('service routes need no key', () => {
  test('/healthz and /metrics', async () => {
    const health = await lab.app.inject({ url: '/healthz' })
    expect(health.json()).toEqual({ status: 'ok' })
    const metrics = await lab.app.inject({ url: '/metrics' })
    expect(metrics.headers['content-type']).toContain('text/plain; version=0.0.4')
    expect(metrics.body).toContain('calls 0')
  })

  test('/readyz says why not', async () => {
    expect((await lab.app.inject({ url: '/readyz' })).statusCode).toBe(200)
    lab.health.ready = false
    lab.health.checks['sip'] = 'not connected'
    const answer = await lab.app.inject({ url: '/readyz' })
    expect(answer.statusCode).toBe(503)
    expect(answer.json()).toEqual({
      status: 'not ready',
      checks: { sip: 'not connected', media: 'ok' },
    })
  })
})

describe('on a real port', () => {
  test('a port in use is one clear line', async () => {
    const first = await startApi(lab.options)
    await expect(startApi({ ...lab.options, port: first.port })).rejects.toThrow(
      `HTTP port ${first.port} on 127.0.0.1 is in use (RINGDOWN_HTTP_PORT)`,
    )
    await first.close()
    await first.close()
  })

  test('and so is an address that the machine does not have', async () => {
    await expect(startApi({ ...lab.options, host: '192.0.2.1' })).rejects.toThrow(
      'RINGDOWN_HTTP_HOST 192.0.2.1 is not an address of this machine',
    )
  })

  test('a request that never comes to its end is cut off', async () => {
    const limits = { requestMs: 200, idleMs: 60_000 }
    const api = await startApi({ ...lab.options, limits })
    const socket = connect(api.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (data) => {
      heard += data.toString()
    })
    socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ')
    await once(socket, 'close')
    expect(heard).toMatch(/^HTTP\/1.1 408/)
    await api.close()
  })

  const chunks = `${'10000\r\n'}${'x'.repeat(0x10000)}\r\n`.repeat(20)
  test.each([
    ['no HTTP at all', 'INVITE sip:a@b SIP/2.0\r\n\r\n', 400],
    ['a bad header', 'GET / HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n', 400],
    [
      'two lengths',
      'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
      400,
    ],
    ['no host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['20 KB of headers', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    [
      '1.3 MB in chunks',
      `POST ${calls} HTTP/1.1\r\nHost: x\r\nX-API-Key: ${key}\r\n` +
        `Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunks}0\r\n\r\n`,
      413,
    ],
  ])('%s', async (_name, request, status) => {
    const api = await startApi(lab.options)
    const socket = connect(api.port, '127.0.0.1')
    let heard = ''
    socket.on('data', (data) => {
      heard += data.toString()
      socket.end()
    })
    socket.on('error', () => undefined)
    socket.write(request)
    await once(socket, 'close')
    expect(heard.slice(0, 12)).toBe(`HTTP/1.1 ${status}`)
    // Node answers a missing Host by itself, without a body.
    if (!_name.startsWith('no host')) expect(heard).toContain('"error":{"code":')
    await api.close()
    expect(lab.log.lines).toEqual([])
  })

  test('close lets a running request end and takes no other', async () => {
    let release = () => {}
    const held = new Promise<void>((resolve) => {
      release = resolve
    })
    const metricsText = async () => {
      await held
      return 'late\n'
    }
    const observe = { ...lab.options.observe, metricsText }
    const api = await startApi({ ...lab.options, observe })
    const running = fetch(`http://127.0.0.1:${api.port}/metrics`)
    const probe = await fetch(`http://127.0.0.1:${api.port}/healthz`)
    expect(probe.status).toBe(200)
    const closed = api.close()
    release()
    expect(await (await running).text()).toBe('late\n')
    await closed
    await expect(fetch(`http://127.0.0.1:${api.port}/healthz`)).rejects.toThrow()
  })
})

describe('an Idempotency-Key whose first request a crash has cut off', () => {
  /** The process ends after the work and before its answer is stored. */
  const cutOff = async (url: string, payload: object) => {
    const again = {
      ...({ method: 'POST', url, payload } as const),
      headers: { 'x-api-key': key, 'idempotency-key': 'cut off' },
    }
    vi.spyOn(lab.store.idempotency, 'finish').mockRejectedValueOnce(new Error('killed'))
    expect((await lab.app.inject(again)).statusCode).toBe(500)
    return lab.app.inject(again)
  }

  test('a call is found by it: it is not dialed again', async () => {
    const payload = { to: '+61412345678', from: '+15005550000' }
    const answer = await cutOff(calls, payload)
    expect([answer.statusCode, answer.headers['idempotency-replayed']]).toEqual([201, 'true'])
  })

  test('whatever else was made is not made twice: it can be looked for', async () => {
    const payload = { url: 'https://app.example/events', events: ['*'] }
    const answer = await cutOff('/v1/voice/webhooks', payload)
    expect([answer.statusCode, codeOf(answer.body)]).toEqual([409, 'outcome_unknown'])
    expect(await lab.store.webhooks.list(ours.id)).toHaveLength(1)
  })

  test('what failed by a bug was cut off just so; a refusal leaves the key free', async () => {
    const send = (payload: object) =>
      lab.app.inject({
        ...({ method: 'POST', url: '/v1/voice/webhooks', payload } as const),
        headers: { 'x-api-key': key, 'idempotency-key': 'failed' },
      })
    const payload = { url: 'https://app.example/events', events: ['*'] }
    expect((await send({ ...payload, url: 'ftp://app.example' })).statusCode).toBe(400)
    const { insert } = lab.store.webhooks
    const spy = vi.spyOn(lab.store.webhooks, 'insert').mockImplementationOnce(async (...what) => {
      await insert.apply(lab.store.webhooks, what)
      throw new Error('the disk is gone')
    })
    expect((await send(payload)).statusCode).toBe(500)
    const again = await send(payload)
    expect([again.statusCode, codeOf(again.body)]).toEqual([409, 'outcome_unknown'])
    expect(spy).toHaveBeenCalledTimes(1)
    expect(await lab.store.webhooks.list(ours.id)).toHaveLength(1)
  })
})
