import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { UploadState } from '../../../recordings/bucket/bucket.ts'
import { S3Bucket, type S3Options } from '../../../recordings/bucket/s3.ts'
import { KeyFolder } from '../../../recordings/sealed/key-folder.ts'
import { RecordingVault } from '../../../recordings/vault.ts'
import { freePort } from '../../support/free-port.ts'
import { bucket, credentials, S3Server } from '../../support/s3-server.ts'
import { bytesOf, keyPair, newFolder, someBytes, wholeRecording } from './vault-lab.ts'

const partBytes = 100_000
const folder = mkdtempSync(join(tmpdir(), 'ringdown-s3-'))
let server: S3Server

beforeAll(async () => {
  server = new S3Server(folder, await freePort())
  await server.start()
})
afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

function openBucket(changes: Partial<S3Options> = {}): S3Bucket {
  const s3 = new S3Bucket({
    ...{ endpoint: server.endpoint, bucket, region: 'us-east-1', ...credentials, partBytes },
    ...{ connectWithinMs: 1_000, ...changes },
  })
  onTestFinished(() => s3.close())
  return s3
}

function fileOf(bytes: Buffer) {
  const path = join(newFolder(), 'file')
  writeFileSync(path, bytes)
  return { path, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') }
}

const noSave = async () => undefined

async function readAll(s3: S3Bucket, key: string, start: number, end: number): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of (await s3.read(key, start, end)) ?? []) parts.push(part)
  return Buffer.concat(parts)
}

describe('a bucket of S3', () => {
  test.each([
    ['small', 1_000],
    ['of exactly one part', partBytes],
    ['of many parts', 3 * partBytes + 7],
  ])('a file that is %s comes back whole and in ranges', async (_what, length) => {
    const s3 = openBucket()
    const bytes = someBytes(length)
    const key = `a/${length}.wav`
    await s3.upload(key, fileOf(bytes), undefined, noSave)
    expect(await s3.size(key)).toBe(length)
    expect(await readAll(s3, key, 0, length - 1)).toEqual(bytes)
    expect(await readAll(s3, key, 10, 19)).toEqual(bytes.subarray(10, 20))
    await s3.remove(key)
    await s3.remove(key)
    expect(await s3.size(key)).toBeUndefined()
    expect(await s3.read(key, 0, 1)).toBeUndefined()
  })

  test('a server that dies in the middle: what was there is not sent again', async () => {
    const bytes = someBytes(5 * partBytes)
    const file = fileOf(bytes)
    const states: UploadState[] = []
    const dying = async (state: UploadState) => {
      states.push(state)
      if (state.etags.length === 3) await server.kill()
    }
    await expect(openBucket().upload('b/long.wav', file, undefined, dying)).rejects.toMatchObject({
      reason: 'unreachable',
    })
    expect(
      await openBucket()
        .size('x')
        .catch((error: unknown) => error),
    ).toMatchObject({
      reason: 'unreachable',
    })
    await server.start()
    const again: number[] = []
    const s3 = openBucket()
    await s3.upload('b/long.wav', file, states.at(-1), async (state) => {
      again.push(state.etags.length)
    })
    expect(again).toEqual([3, 4, 5])
    expect(await readAll(s3, 'b/long.wav', 0, bytes.length - 1)).toEqual(bytes)
  })

  test('wrong credentials and a bucket that is not there are told apart from a dead server', async () => {
    const file = fileOf(someBytes(10))
    const wrong = openBucket({ accessKey: 'NOBODY', secretKey: 'wrong-secret-key' })
    const refused = await wrong
      .upload('c', file, undefined, noSave)
      .catch((error: unknown) => error)
    expect(refused).toMatchObject({ reason: 'refused' })
    expect(String(refused)).not.toContain('wrong-secret-key')
    await expect(
      openBucket({ bucket: 'nowhere' }).upload('c', file, undefined, noSave),
    ).rejects.toMatchObject({ reason: 'failed' })
  })
})

/** A storage that keeps something else than what it was sent. */
async function liar(): Promise<{ server: Server; port: number }> {
  const port = await freePort()
  const liar = createServer((request, response) => {
    request.resume().on('end', () => {
      const headers = { etag: '"ffffffffffffffffffffffffffffffff"', 'content-length': 10 }
      if (request.method === 'PUT') response.writeHead(200, { etag: headers.etag }).end()
      else if (request.method === 'HEAD') response.writeHead(200, headers).end()
      else response.writeHead(206, headers).end('something!')
    })
  }).listen(port, '127.0.0.1')
  onTestFinished(() => void liar.close())
  return { server: liar, port }
}

test('a storage that has something else than was sent is found out', async () => {
  const { port } = await liar()
  const s3 = openBucket({ endpoint: `http://127.0.0.1:${port}` })
  await expect(s3.upload('d', fileOf(someBytes(10)), undefined, noSave)).rejects.toMatchObject({
    reason: 'checksum',
  })
})

describe('a recording in the bucket', () => {
  test.each(['plain', 'encrypted'])(
    '%s: read there when the local copy is gone; erased there',
    async (kind) => {
      const keys = keyPair('x25519')
      const folder = newFolder()
      writeFileSync(join(folder, 'key.pem'), keys.privateKey)
      const s3 = openBucket()
      const vault = new RecordingVault(join(folder, 'recordings'), {
        encryptionKeyOf: async () => (kind === 'encrypted' ? keys.publicKey : undefined),
        ...{ keys: new KeyFolder(folder), bucket: s3, prefix: 'ringdown' },
      })
      const bytes = someBytes(250_000)
      const recording = await wholeRecording(vault, bytes)
      const record = { ...recording, ...(await vault.seal(recording)) }
      await vault.settle(record)
      expect(await vault.upload(record, async () => undefined)).toBeGreaterThanOrEqual(250_000)
      await vault.dropLocal(record)
      expect(existsSync(record.path)).toBe(false)
      expect(await bytesOf(await vault.open(record))).toEqual(bytes)
      const part = await vault.open(record, { start: 100_000, end: 180_000 })
      expect(await bytesOf(part)).toEqual(bytes.subarray(100_000, 180_001))
      // A crash after the copy was removed, before that was noted: it is there.
      expect(await vault.upload(record, async () => undefined)).toBeGreaterThanOrEqual(250_000)
      await vault.erase({ ...record, place: 'bucket' })
      await expect(vault.open(record)).rejects.toMatchObject({ code: 'not_found' })
      await expect(vault.upload(record, async () => undefined)).rejects.toMatchObject({
        code: 'not_found',
      })
    },
  )

  test('is not said to be deleted while the bucket can not be reached', async () => {
    const folder = newFolder()
    const port = await freePort()
    const down = openBucket({ endpoint: `http://127.0.0.1:${port}` })
    const vault = new RecordingVault(folder, { bucket: down })
    const record = await wholeRecording(vault, someBytes(10))
    await expect(vault.erase({ ...record, place: 'bucket' })).rejects.toMatchObject({
      reason: 'unreachable',
      message: `the storage at 127.0.0.1:${port} cannot be reached (ECONNREFUSED)`,
    })
    const without = new RecordingVault(folder)
    await expect(without.erase({ ...record, place: 'bucket' })).rejects.toThrow('bucket')
  })
})
