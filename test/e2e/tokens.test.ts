// Tokens as an operator makes them, for an engine that runs and for one that does not.

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  type EngineProcess,
  eventually,
  type Json,
  startEngine,
} from '../support/engine-process.ts'

const root = resolve(import.meta.dirname, '../..')
let engine: EngineProcess
beforeAll(async () => {
  engine = await startEngine()
})
afterAll(async () => {
  await engine?.stop()
  engine?.removeData()
})

function make(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const node = join(root, 'node_modules/.bin/node')
  const program = ['--disable-warning=ExperimentalWarning', 'engine/compose/make-token.ts']
  const env = { PATH: process.env['PATH'] ?? '', RINGDOWN_DATA_DIR: engine.dataDir, ...settings }
  const made = spawnSync(node, [...program, ...args], { cwd: root, env, encoding: 'utf8' })
  return { code: made.status, out: made.stdout, errors: made.stderr }
}

async function ask(token: string, method = 'GET', path = '', body?: object) {
  const answer = await fetch(`${engine.httpUrl}/v3/communication/voice_calls${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: (await answer.json()) as Json }
}

test('a token is the whole output, and the engine that runs takes it', async () => {
  const { code, out, errors } = make(['app', '--subject', 'crm', '--business', 'b1'])
  expect([code, errors]).toEqual([0, ''])
  expect(out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const record = {
    ...{ staff_uid: 's', client_uid: 'c', from_number: '+14155550148', direction: 'INBOUND' },
    ...{ to_number: '+14155550901', status: 'MISSED', rate: '0', provider: 'VONAGE' },
    ...{ source_id: '1', external_uuid: '1' },
  }
  const token = out.trim()
  expect((await ask(token, 'POST', '', { ...record, business_uid: 'b1' })).status).toBe(200)
  expect((await ask(token, 'POST', '', { ...record, business_uid: 'b2' })).status).toBe(403)
  expect((await ask(`${token}x`)).status).toBe(401)
})

test('help needs no engine and is no fault', () => {
  const { code, out, errors } = make(['--help'], { RINGDOWN_DATA_DIR: join(engine.dataDir, 'no') })
  expect([code, errors]).toEqual([0, ''])
  expect(out).toMatch(/^usage: /)
})

test("of staff without a business: for the first account's own calls", async () => {
  const token = make(['staff']).out.trim()
  const placed = { to: '+15005550140', from: '+15005550100', verbs: [{ verb: 'hangup' }] }
  const { id } = (await engine.send('POST', '/v1/voice/calls', placed)).body
  const { body } = await eventually(
    () => ask(token, 'GET', `/${id}`),
    ({ body: seen }) => seen.data?.duration !== null,
  )
  expect(body.data).toMatchObject({
    ...{ uid: id, direction: 'OUTBOUND', status: 'ANSWERED_BY_CALLS_PROVIDER', rate: '0' },
    ...{ to_number: '+15005550140', provider: 'VONAGE', staff_uid: null },
  })
})

test('what can not be is one clear answer on standard error, and changes nothing', () => {
  const empty = mkdtempSync(join(tmpdir(), 'ringdown-token-'))
  const secret = 'x'.repeat(32)
  const cases = [
    [['boss'], {}, /no tokens of the kind "boss"\nusage:/],
    [['staff'], { RINGDOWN_HTTP_PORT: 'x' }, /RINGDOWN_HTTP_PORT must be/],
    [['staff'], { RINGDOWN_DATA_DIR: empty }, /no engine was started/],
    [['staff'], { RINGDOWN_DATA_DIR: empty, RINGDOWN_JWT_SECRET: secret }, /--business/],
  ] as const
  for (const [args, settings, message] of cases) {
    const { code, out, errors } = make(args, settings)
    expect([code, out]).toEqual([1, ''])
    expect(errors).toMatch(message)
    expect(errors).not.toMatch(/^\s+at /m)
  }
  expect(readdirSync(empty)).toEqual([])
  rmSync(empty, { recursive: true })
})

test('the engine that was stopped: the token is for its next run', async () => {
  await engine.stop()
  const { code, out } = make(['staff'])
  expect(code).toBe(0)
  engine = await startEngine({}, engine.dataDir)
  const listed = await ask(out.trim())
  expect(listed.status).toBe(200)
  expect(listed.body.data.total).toBeGreaterThan(0)
})
