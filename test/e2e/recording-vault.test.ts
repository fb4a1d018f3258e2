/** Calls of the lab are recorded, encrypted, brought into a bucket, checked, held and deleted; with faults in between. */

import { execFile } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type EngineProcess, freePort, type Json, startEngine } from '../support/engine-process.ts'
import { bucket, credentials, S3Server } from '../support/s3-server.ts'
import { keyPair } from '../unit/recordings/vault-lab.ts'

const root = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'ringdown-vault-e2e-'))
const dataDir = join(folder, 'data')
const keysDir = join(folder, 'keys')
const keys = keyPair('x25519')
let s3: S3Server
let engine: EngineProcess
let settings: Record<string, string>

beforeAll(async () => {
  mkdirSync(keysDir)
  writeFileSync(join(keysDir, 'account.pem'), keys.privateKey, { mode: 0o600 })
  s3 = new S3Server(join(folder, 's3'), await freePort())
  settings = {
    RINGDOWN_S3_ENDPOINT: s3.endpoint,
    RINGDOWN_S3_BUCKET: bucket,
    RINGDOWN_S3_ACCESS_KEY: credentials.accessKey,
    RINGDOWN_S3_SECRET_KEY: credentials.secretKey,
    RINGDOWN_S3_PREFIX: 'voice',
    RINGDOWN_RECORDING_KEYS_DIR: keysDir,
  }
  // The bucket is down when the engine starts.
  engine = await startEngine(settings, dataDir)
})

afterAll(async () => {
  await engine.stop()
  await s3.kill()
  rmSync(folder, { recursive: true, force: true })
})

async function until<T>(look: () => Promise<T | undefined>, what: string): Promise<T> {
  for (let tries = 0; tries < 600; tries++) {
    const found = await look()
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`not within a minute: ${what}\n${engine.output().slice(-3_000)}`)
}

async function recordedCall(): Promise<Json> {
  const { body: call } = await engine.send('POST', '/v1/voice/calls', {
    ...{ to: '+15005550140', from: '+15005550100', record: true },
    verbs: [{ verb: 'pause', length: 1 }],
  })
  const list = `/v1/voice/recordings?call_id=${call.id}&status=completed`
  return until(async () => (await engine.get(list)).body.recordings[0], 'a completed recording')
}

const media = (id: string, query = '', headers: Record<string, string> = {}) =>
  fetch(`${engine.httpUrl}/v1/voice/recordings/${id}/media${query}`, {
    headers: { 'x-api-key': engine.apiKey, ...headers },
  })

async function bytesOf(response: Response): Promise<Buffer> {
  return Buffer.from(await response.arrayBuffer())
}

const run = (program: string, ...args: string[]) => runWith(settings, program, args)

function runWith(
  others: Readonly<Record<string, string>>,
  program: string,
  args: readonly string[] = [],
): Promise<{ code: number; text: string }> {
  const env = { PATH: process.env['PATH'], RINGDOWN_DATA_DIR: dataDir, ...others }
  return new Promise((resolve) => {
    execFile(
      join(root, 'node_modules/.bin/node'),
      [`engine/compose/${program}.ts`, ...args],
      { cwd: root, env },
      (error, stdout, stderr) => {
        const code = typeof error?.code === 'number' ? error.code : error ? -1 : 0
        resolve({ code, text: stdout || stderr })
      },
    )
  })
}

const verify = async () => {
  const { code, text } = await run('verify-recordings', '--json')
  return { code, report: JSON.parse(text) as Json }
}

const events = async (type: string): Promise<Json[]> =>
  (await engine.get(`/v1/voice/events?types=${type}`)).body.events

test('a recording from its call to its deletion, over a bucket that is down and an engine that is killed', async () => {
  const plain = await recordedCall()
  expect(plain).toMatchObject({ encrypted: false, storage: 'folder' })
  const audio = await bytesOf(await media(plain.id))
  expect(audio.subarray(0, 4).toString()).toBe('RIFF')
  expect(audio.length).toBe(plain.bytes)

  // The bucket is down: an alarm, and nothing is lost.
  const [alarm] = await until(async () => {
    const found = await events('recording.upload-failed')
    return found.length > 0 ? found : undefined
  }, 'an alarm')
  expect(alarm.data).toMatchObject({ recording_id: plain.id, reason: 'unreachable' })

  const set = await engine.send('PUT', '/v1/voice/recording-settings', {
    encryption_key: keys.publicKey,
  })
  expect(set.status).toBe(200)
  const secret = await recordedCall()
  expect(secret).toMatchObject({ encrypted: true })
  const heard = await bytesOf(await media(secret.id))
  expect(heard.subarray(0, 4).toString()).toBe('RIFF')
  expect(heard.length).toBe(secret.bytes)
  await until(async () => {
    const names = readdirSync(join(dataDir, 'recordings'), { recursive: true }).map(String)
    const own = names.filter((name) => name.includes(`${secret.id}.wav`))
    return own.length === 1 && own[0]?.endsWith('.sealed') ? own : undefined
  }, 'no plain file')

  // Killed with two uploads to do; the bucket is back before the engine is.
  engine.process.kill('SIGKILL')
  await engine.stop()
  await s3.start()
  engine = await startEngine(settings, dataDir)
  for (const { id } of [plain, secret]) {
    await until(async () => {
      const { body } = await engine.get(`/v1/voice/recordings/${id}`)
      return body.storage === 'bucket' ? body : undefined
    }, 'an upload')
  }
  const local = readdirSync(join(dataDir, 'recordings'), { recursive: true }).map(String)
  expect(local.filter((name) => name.includes('.wav'))).toEqual([])

  // Out of the bucket, whole, in part, and as it is encrypted.
  expect(await bytesOf(await media(plain.id))).toEqual(audio)
  expect(await bytesOf(await media(secret.id))).toEqual(heard)
  const part = await media(secret.id, '', { range: 'bytes=1000-1999' })
  expect([part.status, part.headers.get('content-range')]).toEqual([
    206,
    `bytes 1000-1999/${heard.length}`,
  ])
  expect(await bytesOf(part)).toEqual(heard.subarray(1_000, 2_000))
  const sealed = join(folder, 'download.sealed')
  const opened = join(folder, 'opened.wav')
  writeFileSync(sealed, await bytesOf(await media(secret.id, '?sealed=true')))
  expect(readFileSync(sealed).includes(heard.subarray(44, 1_044))).toBe(false)
  expect(await run('open-recording', sealed, join(keysDir, 'account.pem'), opened)).toMatchObject({
    code: 0,
  })
  expect(readFileSync(opened)).toEqual(heard)
  const nowhere = join(folder, 'nowhere.sealed')
  expect(await run('open-recording', nowhere, join(keysDir, 'account.pem'), opened)).toMatchObject({
    ...{ code: 1, text: expect.stringContaining(`there is no ${nowhere}`) },
  })

  expect(await verify()).toMatchObject({ code: 0, report: { ok: true, recordings: 2 } })
  // A shell that has not the engine's settings: what is in the bucket is not told as lost.
  const blind = await runWith({}, 'verify-recordings')
  expect(blind).toMatchObject({ code: 2, text: expect.stringContaining('RINGDOWN_S3_BUCKET') })

  // Held, and let go; deleted while the bucket is down, and finished when it is back.
  const path = `/v1/voice/recordings/${secret.id}`
  await engine.send('PATCH', path, { hold: true, hold_reason: 'case 4711' })
  expect((await engine.send('DELETE', path)).status).toBe(409)
  await engine.send('PATCH', path, { hold: false })
  await s3.kill()
  expect((await engine.send('DELETE', path)).status).toBe(204)
  expect((await engine.get(path)).status).toBe(404)
  await s3.start()
  engine.process.kill('SIGKILL')
  await engine.stop()
  engine = await startEngine(settings, dataDir)
  const stored = () =>
    readdirSync(join(folder, 's3', bucket), { recursive: true })
      .map(String)
      .filter((name) => name.includes(secret.id))
  await until(async () => (stored().length === 0 ? true : undefined), 'deletion in the bucket')
  const after = await verify()
  expect(after).toMatchObject({ code: 0, report: { ok: true, recordings: 1 } })
  expect(after.report.deleted).toMatchObject([{ recordingId: secret.id, by: 'api' }])

  // Nobody has said a secret.
  expect(engine.output()).not.toContain('PRIVATE KEY')
  expect(JSON.stringify(await events('recording.*'))).not.toContain('wrapped')
  expect(existsSync(`${dataDir}/recording-chain-key.pem`)).toBe(true)
})
