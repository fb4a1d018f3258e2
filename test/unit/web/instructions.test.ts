import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import twilio from 'twilio'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Failure } from '../../../engine/core/failures.ts'
import { createWeb } from '../../../engine/web/index.ts'
import { signatureOf } from '../../../engine/web/signatures.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { type Handler, loopback, nowhere, serve, testLog, until } from './server.ts'

const { validateRequest } = twilio
const clock = new VirtualClock()
const web = createWeb({ dataDir: nowhere, allowed: loopback, clock, log: testLog() })

const failureOf = (work: Promise<unknown>): Promise<Failure> =>
  work.then(
    () => Promise.reject(new Error('let through')),
    (error: Failure) => error,
  )

const ask = (url: string, signal?: AbortSignal) =>
  web.instructions({ url, method: 'GET', fields: {} }, signal)

test('GET carries the fields in the query and keeps what is there', async () => {
  const server = await serve((_request, response) => response.end('[{"verb":"hangup"}]'))
  const fields = {
    CallSid: 'a b&c',
    digits: '1#',
    missing: null,
    gone: undefined,
    deep: { a: [1] },
  }
  const url = `${server.origin}/app?keep=1&digits=old`
  const answer = await web.instructions({ url, method: 'GET', fields })
  expect(answer).toEqual({ url, type: '', text: '[{"verb":"hangup"}]' })
  const [request] = server.requests
  expect(request?.method).toBe('GET')
  expect(Object.fromEntries(new URL(request!.url, server.origin).searchParams)).toEqual({
    keep: '1',
    CallSid: 'a b&c',
    digits: '1#',
    deep: '{"a":[1]}',
  })
})

test('POST carries the fields as JSON', async () => {
  const server = await serve((_request, response) => response.end('{}'))
  const fields = { id: 'x', text: 'é😀', nothing: null }
  await web.instructions({ url: server.origin, method: 'POST', fields })
  const [request] = server.requests
  expect(request?.headers).toMatchObject({
    'content-type': 'application/json',
    accept: 'application/json, application/xml, text/xml',
    'content-length': `${Buffer.byteLength(request!.body)}`,
  })
  expect(JSON.parse(request!.body)).toEqual(fields)
})

describe('what is asked with secrets is signed', () => {
  const secrets = ['newest-secret', 'old-secret']
  const fields = { CallSid: 'a b', From: '+15005550140', gone: null, Body: 'é&=' }
  const asked = async (
    request: { method: 'GET' | 'POST'; format: 'json' | 'form' },
    path = '/',
  ) => {
    const server = await serve((_request, response) => response.end('[]'))
    await web.instructions({ url: server.origin + path, fields, secrets, ...request })
    const [one] = server.requests
    return { ...one!, origin: server.origin }
  }
  const header = (value: unknown): string => (typeof value === 'string' ? value : '')

  test('a form by the signature that users of TwiML check, with the one before while it is valid', async () => {
    const { headers, body, url, origin } = await asked({ method: 'POST', format: 'form' }, '/a?b=1')
    expect(headers['content-type']).toBe('application/x-www-form-urlencoded')
    const form = Object.fromEntries(new URLSearchParams(body))
    expect(form).toEqual({ CallSid: 'a b', From: '+15005550140', Body: 'é&=' })
    const signature = header(headers['x-twilio-signature'])
    expect(validateRequest('old-secret', signature, origin + url, form)).toBe(true)
    expect(validateRequest('newest-secret', signature, origin + url, form)).toBe(false)
    expect(validateRequest('old-secret', signature, `${origin}/other`, form)).toBe(false)
    expect(headers['x-ringdown-signature']).toBe(signatureOf(body, secrets, clock.nowMs()))
  })

  test('a query likewise', async () => {
    const { headers, url, origin } = await asked({ method: 'GET', format: 'form' }, '/a?b=1')
    const signature = header(headers['x-twilio-signature'])
    expect(validateRequest('old-secret', signature, origin + url, {})).toBe(true)
    expect(headers['x-ringdown-signature']).toBe(signatureOf(url, secrets, clock.nowMs()))
  })

  test('a JSON body by ours alone', async () => {
    const { headers, body } = await asked({ method: 'POST', format: 'json' })
    expect(headers['x-twilio-signature']).toBeUndefined()
    expect(headers['x-ringdown-signature']).toBe(signatureOf(body, secrets, clock.nowMs()))
  })

  test('each request on the way for where it goes', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/end') response.end('[]')
      else response.writeHead(307, { location: '/end' }).end()
    })
    const url = `${server.origin}/begin`
    await web.instructions({ url, method: 'POST', format: 'form', fields, secrets })
    for (const { url: path, headers, body } of server.requests) {
      const form = Object.fromEntries(new URLSearchParams(body))
      const signature = header(headers['x-twilio-signature'])
      expect(validateRequest('old-secret', signature, server.origin + path, form)).toBe(true)
    }
    expect(server.requests).toHaveLength(2)
  })

  test('without secrets nothing is', async () => {
    const server = await serve((_request, response) => response.end('[]'))
    await web.instructions({ url: server.origin, method: 'GET', fields: {} })
    expect(
      Object.keys(server.requests[0]!.headers).filter((name) => /signature/.test(name)),
    ).toEqual([])
  })
})

test('the type of the answer is told without its parameters', async () => {
  const server = await serve((_request, response) =>
    response.writeHead(200, { 'content-type': 'Text/XML; charset=utf-8' }).end('<Response/>'),
  )
  expect(await ask(server.origin)).toMatchObject({ type: 'text/xml', text: '<Response/>' })
})

test('three redirects are followed, a fourth is not', async () => {
  const server = await serve((request, response) => {
    const left = Number(request.url.slice(1))
    if (left === 0) response.end('[]')
    else response.writeHead(302, { location: `/${left - 1}` }).end()
  })
  expect(await ask(`${server.origin}/3`)).toEqual({
    ...{ url: `${server.origin}/0`, type: '', text: '[]' },
  })
  const failure = await failureOf(ask(`${server.origin}/4`))
  expect(failure).toMatchObject({ code: 'url_unreachable', message: 'more than 3 redirects' })
})

test('after 303 a POST becomes a GET without its body, after 307 it stays as it was', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/end') response.end('[]')
    else response.writeHead(Number(request.url.slice(1)), { location: '/end' }).end()
  })
  for (const [status, method, body] of [
    [303, 'GET', ''],
    [307, 'POST', '{"a":1}'],
  ] as const) {
    await web.instructions({ url: `${server.origin}/${status}`, method: 'POST', fields: { a: 1 } })
    expect(server.requests.at(-1)).toMatchObject({ url: '/end', method, body })
  }
})

const bad: readonly [string, Handler, string, RegExp][] = [
  ['status 404', (_q, r) => r.writeHead(404).end('[]'), 'url_unreachable', /status 404/],
  ['status 500', (_q, r) => r.writeHead(500).end('[]'), 'url_unreachable', /status 500/],
  [
    'bytes that are not UTF-8',
    (_q, r) => r.end(Buffer.from([0x22, 0xff, 0x22])),
    'invalid_json',
    /no text in UTF-8/,
  ],
  [
    'a declared length that is too large',
    (_q, r) => r.writeHead(200, { 'content-length': '262145' }).write('['),
    'url_unreachable',
    /larger than 262144/,
  ],
  [
    'a body without end',
    (_q, r) => {
      const more = (): void => {
        while (!r.destroyed && r.write('x'.repeat(65_536)));
        if (!r.destroyed) r.once('drain', more)
      }
      more()
    },
    'url_unreachable',
    /larger than 262144/,
  ],
  [
    'a compressed bomb',
    (_q, r) => r.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('x'.repeat(1e6))),
    'url_unreachable',
    /encoded/,
  ],
  [
    'a body that ends too soon',
    (_q, r) => {
      r.writeHead(200, { 'content-length': '100' })
      r.write('[', () => r.destroy())
    },
    'url_unreachable',
    /ECONNRESET|aborted/,
  ],
  ['a connection that closes', (_q, r) => r.destroy(), 'url_unreachable', /ECONNRESET|hang up/],
  [
    'a redirect to nonsense',
    (_q, r) => r.writeHead(302, { location: 'http://[' }).end(),
    'url_unreachable',
    /no URL/,
  ],
]
for (const [name, handler, code, message] of bad) {
  test(`${name}: ${code}, and the connection is gone`, async () => {
    const server = await serve(handler)
    const failure = await failureOf(ask(server.origin))
    expect(failure.code).toBe(code)
    expect(failure.message).toMatch(message)
    await until(() => server.open === 0, 'close')
    expect(clock.pendingTimers).toBe(0)
  })
}

test('a body of exactly the limit is taken', async () => {
  const server = await serve((_request, response) => response.end(`"${'x'.repeat(262_142)}"`))
  expect((await ask(server.origin)).text).toHaveLength(262_144)
})

const slow: readonly [string, Handler][] = [
  ['never answers', () => undefined],
  ['sends its head and no more', (_q, r) => r.writeHead(200).flushHeaders()],
  [
    'drips',
    (_q, r) => {
      const timer = setInterval(() => r.write(' '), 5)
      r.on('close', () => clearInterval(timer))
    },
  ],
]
for (const [name, handler] of slow) {
  test(`a server that ${name} is given 5 s in all`, async () => {
    const server = await serve(handler)
    const work = failureOf(ask(server.origin))
    await until(() => server.requests.length === 1)
    await clock.advance(4_999)
    expect(server.open).toBe(1)
    await clock.advance(1)
    expect(await work).toMatchObject({ code: 'url_unreachable', message: /within 5000 ms/ })
    await until(() => server.open === 0, 'close')
  })
}

test('time is counted over all redirects together', async () => {
  const server = await serve((request, response) => {
    if (request.url === '/slow') return
    response.writeHead(302, { location: '/slow' }).end()
  })
  const work = failureOf(ask(server.origin))
  await until(() => server.requests.length === 2)
  await clock.advance(5_000)
  expect((await work).code).toBe('url_unreachable')
})

test('a name server that does not answer is given the same 5 s', async () => {
  const lookup = () => new Promise<never>(() => undefined)
  const log = testLog()
  const guarded = createWeb({ dataDir: nowhere, allowed: [], clock, log, lookup })
  const asked = { url: 'http://slow.example/', method: 'GET', fields: {} } as const
  const work = failureOf(guarded.instructions(asked))
  await clock.advance(5_000)
  expect((await work).code).toBe('url_unreachable')
})

test('one who gives up is answered at once, and the connection is gone', async () => {
  const server = await serve(() => undefined)
  const controller = new AbortController()
  const work = failureOf(ask(server.origin, controller.signal))
  await until(() => server.requests.length === 1)
  controller.abort()
  expect((await work).code).toBe('url_unreachable')
  await until(() => server.open === 0, 'close')
  expect((await failureOf(ask(server.origin, controller.signal))).code).toBe('url_unreachable')
  expect(server.requests).toHaveLength(1)
  expect(clock.pendingTimers).toBe(0)
})

const raw: readonly [string, string | Buffer][] = [
  ['garbage', '\u0000\u0001\u0002 not http at all\r\n\r\n'],
  ['a change of protocol', 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ['200 KB of headers', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(200_000)}\r\n\r\n[]`],
  ['SIP', 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n[]x'],
]
for (const [name, bytes] of raw) {
  test(`a peer that sends ${name} is url_unreachable`, async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => socket.end(bytes))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => {
      server.close()
    })
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : 0
    expect((await failureOf(ask(`http://127.0.0.1:${port}/`))).code).toBe('url_unreachable')
  })
}

test('a port where nobody listens is url_unreachable', async () => {
  const server = await serve()
  await new Promise((resolve) => server.server.close(resolve))
  expect(await failureOf(ask(server.origin))).toMatchObject({
    code: 'url_unreachable',
    message: /ECONNREFUSED/,
  })
})
