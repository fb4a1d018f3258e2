import { expect, test } from 'vitest'
import type { Failure } from '../../../engine/core/failures.ts'
import type { AccountId } from '../../../engine/core/ids.ts'
import { isPublicAddress } from '../../../engine/web/addresses.ts'
import { createWeb, type Lookup } from '../../../engine/web/index.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { nowhere, only, serve, testLog } from './server.ts'

const account = '00000000-0000-4000-8000-000000000001' as AccountId

const lookupFails: Lookup = () => Promise.reject(new Error('no names in this test'))

function web(allowed: Parameters<typeof createWeb>[0]['allowed'], lookup: Lookup = lookupFails) {
  const clock = new VirtualClock()
  return createWeb({ dataDir: nowhere, allowed, clock, log: testLog(), lookup })
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'let through',
    (error: Failure) => error.code,
  )

const get = (url: string) => ({ url, method: 'GET', fields: {} }) as const

// P stands for the port on which the canary listens.
const refusedLiterals = [
  'http://127.0.0.1:P/',
  'http://127.0.0.2:P/',
  'http://127.1:P/',
  'http://2130706433:P/',
  'http://0x7f000001:P/',
  'http://0x7f.0.0.1:P/',
  'http://0177.0.0.1:P/',
  'http://017700000001:P/',
  'http://127.0.0.1.:P/',
  'http://①②⑦.⓪.⓪.①:P/',
  'http://%31%32%37.0.0.1:P/',
  'http://0.0.0.0:P/',
  'http://0:P/',
  'http://localhost:P/',
  'http://LOCALHOST:P/',
  'http://localhost.:P/',
  'http://a.localhost:P/',
  'http://[::1]:P/',
  'http://[::]:P/',
  'http://[0:0:0:0:0:0:0:1]:P/',
  'http://[::ffff:127.0.0.1]:P/',
  'http://[::ffff:7f00:1]:P/',
  'http://[0:0:0:0:0:ffff:7f00:0001]:P/',
  'http://[::127.0.0.1]:P/',
  'http://[64:ff9b::7f00:1]:P/',
  'http://[2002:7f00:1::]:P/',
  'http://[2001:0:7f00:1::]:P/',
  'http://[2001:db8::1]:P/',
  'http://[fe80::1]:P/',
  'http://[fc00::1]:P/',
  'http://[fd00:ec2::254]/',
  'http://[ff02::1]:P/',
  'http://169.254.169.254/latest/meta-data/',
  'http://100.64.0.1/',
  'http://100.100.100.200/',
  'http://10.0.0.1/',
  'http://172.16.0.1/',
  'http://172.31.255.255/',
  'http://192.168.1.1/',
  'http://192.0.0.1/',
  'http://198.18.0.1/',
  'http://224.0.0.1/',
  'http://255.255.255.255/',
  'https://127.0.0.1:P/',
]
const refusedForms = [
  'file:///etc/passwd',
  'gopher://example.com/_x',
  'ftp://example.com/',
  'data:audio/wav;base64,AAAA',
  'javascript:alert(1)',
  'ws://example.com/',
  'unix:/run/x.sock',
  '/relative',
  '//example.com/',
  'http://',
  'http://exa mple.com/',
  'http://[::1',
  'http://example.com:99999/',
  'http://user@example.com/',
  'http://user:password@example.com/',
  'http://:password@example.com/',
  `http://example.com/${'a'.repeat(5_000)}`,
  '',
  'https://example.com@127.0.0.1/',
]

test('none of the ways to write a private address is let through, nothing is connected to', async () => {
  const canary = await serve()
  const canary6 = await serve(undefined, '::1', canary.port)
  const guarded = web([])
  for (const url of refusedLiterals.map((text) => text.replace('P', `${canary.port}`))) {
    expect(() => guarded.checkUrl(url, 'url'), url).toThrow(/not a public address/)
    expect(await codeOf(guarded.instructions(get(url))), url).toBe('url_not_allowed')
    expect(await codeOf(guarded.prompt(url, account)), url).not.toBe('let through')
  }
  expect(canary.connections + canary6.connections).toBe(0)
})

for (const url of refusedForms) {
  test(`refused by its form: ${url.slice(0, 60)}`, async () => {
    const guarded = web([])
    expect(() => guarded.checkUrl(url, 'status_callback')).toThrow(
      expect.objectContaining({ code: 'url_not_allowed', field: 'status_callback' }),
    )
    expect(await codeOf(guarded.instructions(get(url)))).toBe('url_not_allowed')
  })
}

test('public URLs pass the check of the form', () => {
  for (const url of [
    'https://example.com/a?b=c#d',
    'http://example.com:8080',
    'http://8.8.8.8/',
    'http://[2606:4700::1111]/',
    'HTTPS://EXAMPLE.COM',
  ]) {
    expect(() => web([]).checkUrl(url, 'url'), url).not.toThrow()
  }
})

const addresses: readonly [string, boolean][] = [
  ['1.1.1.1', true],
  ['9.255.255.255', true],
  ['11.0.0.0', true],
  ['100.63.255.255', true],
  ['100.64.0.0', false],
  ['100.127.255.255', false],
  ['100.128.0.0', true],
  ['172.15.255.255', true],
  ['172.32.0.0', true],
  ['192.167.255.255', true],
  ['223.255.255.255', true],
  ['224.0.0.0', false],
  ['240.0.0.0', false],
  ['2606:4700::1111', true],
  ['2a00::1', true],
  ['2001:200::1', true],
  ['2001:1ff::1', false],
  ['2002::1', false],
  ['3fff::1', false],
  ['::2', false],
  ['4000::1', false],
  ['fec0::1', false],
]
for (const [address, isPublic] of addresses) {
  test(`${address} is ${isPublic ? '' : 'not '}public`, () => {
    expect(isPublicAddress(address)).toBe(isPublic)
  })
}

test('a name that points at a private address is refused without a connection', async () => {
  const canary = await serve()
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1', '::ffff:7f00:1', '10.1.2.3']) {
    const lookup: Lookup = () =>
      Promise.resolve([{ address, family: address.includes(':') ? 6 : 4 }])
    const url = `http://innocent.example:${canary.port}/`
    const guarded = web([], lookup)
    expect(() => guarded.checkUrl(url, 'url')).not.toThrow()
    expect(await codeOf(guarded.instructions(get(url))), address).toBe('url_not_allowed')
  }
  expect(canary.connections).toBe(0)
})

test('a name that changes its address after the check is not followed there (DNS rebinding)', async () => {
  const good = await serve((_request, response) => response.end('[]'), '127.0.0.2')
  const canary = await serve(undefined, '127.0.0.1', good.port)
  let lookups = 0
  const lookup: Lookup = () => {
    lookups++
    return Promise.resolve([{ address: lookups === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }])
  }
  const guarded = web(only('127.0.0.2'), lookup)
  const url = `http://rebind.example:${good.port}/`
  expect((await guarded.instructions(get(url))).text).toBe('[]')
  expect(lookups).toBe(1)
  expect(await codeOf(guarded.instructions(get(url)))).toBe('url_not_allowed')
  expect([good.connections, canary.connections]).toEqual([1, 0])
})

test('of several addresses of a name only the good ones are used', async () => {
  const good = await serve((_request, response) => response.end('[]'), '127.0.0.2')
  const canary = await serve(undefined, '127.0.0.1', good.port)
  const lookup: Lookup = () =>
    Promise.resolve([
      { address: '127.0.0.1', family: 4 },
      { address: '127.0.0.2', family: 4 },
    ])
  const guarded = web(only('127.0.0.2'), lookup)
  expect((await guarded.instructions(get(`http://mixed.example:${good.port}/`))).text).toBe('[]')
  expect([good.connections, canary.connections]).toEqual([1, 0])
})

for (const status of [301, 302, 303, 307, 308]) {
  test(`a redirect (${status}) to a private address is refused, also by another spelling`, async () => {
    const canary = await serve()
    for (const target of [
      `http://127.0.0.1:${canary.port}/`,
      `http://2130706433:${canary.port}/`,
      `http://[::ffff:127.0.0.1]:${canary.port}/`,
      'file:///etc/passwd',
      `http://user:pw@127.0.0.2:1/`,
    ]) {
      const first = await serve((_request, response) => {
        response.writeHead(status, { location: target }).end()
      }, '127.0.0.2')
      const guarded = web(only('127.0.0.2'))
      for (const method of ['GET', 'POST'] as const) {
        const asked = guarded.instructions({ url: first.origin, method, fields: {} })
        expect(await codeOf(asked), target).toBe('url_not_allowed')
      }
    }
    expect(canary.connections).toBe(0)
  })
}

test('what the operator allowed by name, by network and by port can be reached', async () => {
  const server = await serve((_request, response) => response.end('{"ok":true}'))
  const lookup: Lookup = () => Promise.resolve([{ address: '127.0.0.1', family: 4 }])
  const { port } = server
  const ok = { text: '{"ok":true}' }
  const byName = [{ kind: 'host', host: 'app.internal', port: undefined }] as const
  expect(await web(byName, lookup).instructions(get(`http://app.internal:${port}/`))).toMatchObject(
    ok,
  )
  expect(
    await web(byName, lookup).instructions(get(`http://APP.internal.:${port}/`)),
  ).toMatchObject(ok)
  expect(await codeOf(web(byName, lookup).instructions(get(`http://b.internal:${port}/`)))).toBe(
    'url_not_allowed',
  )
  const byPort = [{ kind: 'host', host: '127.0.0.1', port }] as const
  expect(await web(byPort).instructions(get(`http://127.0.0.1:${port}/`))).toMatchObject(ok)
  expect(() => web(byPort).checkUrl('http://127.0.0.1:1/', 'url')).toThrow(/public/)
  const mapped = `http://[::ffff:127.0.0.1]:${port}/`
  expect(await web(only('127.0.0.1')).instructions(get(mapped))).toMatchObject(ok)
  const local = [{ kind: 'host', host: 'localhost', port }] as const
  expect(await web(local, lookup).instructions(get(`http://localhost:${port}/`))).toMatchObject(ok)
})
