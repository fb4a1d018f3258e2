/** The browser phone as a build left it: how it is sent, what may not be had, and what is there without one. */

import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type ApiLab, apiLab } from './api-lab.ts'

const script = 'console.log("the phone")\n'
const scriptPath = '/assets/main-Ab3_-xYz.js'

let folder: string
let lab: ApiLab
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ringdown-page-'))
  writeFileSync(join(folder, 'secret.txt'), 'not a file of the page')
  lab = await apiLab({ phoneFolder: join(folder, 'dist') })
})
afterEach(async () => {
  await lab.close()
  rmSync(folder, { recursive: true })
})

function build(page = '<!doctype html><title>the phone</title>'): void {
  const dist = join(folder, 'dist')
  mkdirSync(join(dist, 'assets'), { recursive: true })
  writeFileSync(join(dist, 'icon.svg'), '<svg/>')
  writeFileSync(join(dist, scriptPath), script)
  writeFileSync(join(dist, `${scriptPath}.br`), brotliCompressSync(script))
  writeFileSync(join(dist, `${scriptPath}.gz`), gzipSync(script))
  writeFileSync(join(dist, 'assets/notes.map'), 'sources')
  writeFileSync(join(dist, 'index.html'), page)
}
const get = (url: string, headers: Record<string, string> = {}) => lab.app.inject({ url, headers })

test('without a build / tells how to make one; once there is one it is served', async () => {
  const before = await get('/')
  expect(before.statusCode).toBe(503)
  expect(before.body).toContain('vite build --config softphone/app/vite.config.ts')
  expect(before.body).toContain('href="/about"')
  build()
  const after = await get('/')
  expect([after.statusCode, after.body]).toEqual([200, '<!doctype html><title>the phone</title>'])
})

test('a later build takes the place of the one before', async () => {
  build()
  await get('/')
  build('<!doctype html><title>newer</title>')
  expect((await get('/')).body).toContain('newer')
})

test('what is compressed after the page was written is seen, and later nothing is read again', async () => {
  build()
  const icon = join(folder, 'dist/icon.svg')
  const asked = async () =>
    (await get('/icon.svg', { 'accept-encoding': 'gzip' })).headers['content-encoding']
  expect(await asked()).toBeUndefined()
  writeFileSync(`${icon}.gz`, gzipSync('<svg/>'))
  expect(await asked()).toBe('gzip')
  utimesSync(join(folder, 'dist/index.html'), 1e9, 1e9)
  await asked()
  rmSync(`${icon}.gz`)
  expect(await asked()).toBe('gzip')
})

test('the page may reach itself, its engine and WebSockets, and the microphone; nothing is inline', async () => {
  build()
  const { headers } = await get('/')
  const policy = String(headers['content-security-policy'])
  expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(policy).toContain("connect-src 'self' ws: wss:")
  expect(policy).toContain("frame-ancestors 'none'")
  expect(policy).not.toContain('unsafe')
  expect(headers['permissions-policy']).toContain('microphone=(self)')
  expect(headers['cache-control']).toBe('no-cache')
})

describe('a file', () => {
  beforeEach(() => build())

  test.each([
    ['br, gzip', 'br', brotliCompressSync(script)],
    ['gzip, deflate', 'gzip', gzipSync(script)],
    ['gzip, br;q=0', 'gzip', gzipSync(script)],
    ['identity', undefined, Buffer.from(script)],
    ['', undefined, Buffer.from(script)],
  ])('for %j', async (accepted, coding, bytes) => {
    const { headers, rawPayload } = await get(scriptPath, { 'accept-encoding': accepted })
    expect(headers['content-encoding']).toBe(coding)
    expect(headers['content-type']).toBe('text/javascript; charset=utf-8')
    expect(headers['vary']).toBe('accept-encoding')
    expect(rawPayload.equals(bytes)).toBe(true)
  })

  test('whose name changes with it is kept for ever; others are asked for again', async () => {
    const { headers } = await get(scriptPath)
    expect(headers['cache-control']).toBe('public, max-age=31536000, immutable')
    const icon = await get('/icon.svg')
    expect([icon.headers['cache-control'], icon.headers['content-type']]).toEqual([
      ...['no-cache', 'image/svg+xml'],
    ])
    const again = await get('/icon.svg', { 'if-none-match': String(icon.headers['etag']) })
    expect([again.statusCode, again.body]).toEqual([304, ''])
  })

  test('HEAD tells the same', async () => {
    const { statusCode, headers, body } = await lab.app.inject({ method: 'HEAD', url: scriptPath })
    expect([statusCode, body]).toEqual([200, ''])
    expect(headers['content-length']).toBe(String(script.length))
  })

  test.each([
    '/secret.txt',
    '/../secret.txt',
    '/..%2fsecret.txt',
    '/assets/../../secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..\\..\\secret.txt',
    '/assets/notes.map',
    `${scriptPath}.br`,
    '/assets/',
    '/assets',
    '/assets/%00',
    '/index.html',
    '/nothing',
  ])('%s is not there', async (url) => {
    expect((await get(url)).statusCode).toBe(404)
  })

  test("of the engine's own pages is still there", async () => {
    expect((await get('/assets/style.css')).statusCode).toBe(200)
    expect((await get('/about')).body).toContain('Place a call')
  })
})
