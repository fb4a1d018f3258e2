import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { RecordingRecord } from '../../../engine/core/ports/recordings.ts'
import type { Bucket } from '../../../recordings/bucket/bucket.ts'
import { RecordingVault } from '../../../recordings/vault.ts'
import { newFolder, someBytes, wholeRecording } from './vault-lab.ts'

/** Objects by key; `duringPut` is waited for when the bytes are on their way. */
function memoryBucket(duringPut: () => Promise<void> = async () => undefined) {
  const objects = new Map<string, number>()
  const bucket: Bucket = {
    async upload(key, file) {
      await duringPut()
      objects.set(key, file.bytes)
    },
    size: async (key) => objects.get(key),
    read: async () => undefined,
    remove: async (key) => void objects.delete(key),
    abort: async () => {
      throw new Error('no upload in parts was begun')
    },
    close: () => undefined,
  }
  return { bucket, objects }
}

async function sealed(bucket: Bucket) {
  const vault = new RecordingVault(newFolder(), { bucket, prefix: 'here' })
  const recording = await wholeRecording(vault, someBytes(1_000))
  const record: RecordingRecord = { ...recording, ...(await vault.seal(recording)) }
  return { vault, record }
}

test('an upload that a crash left unnoted goes with its recording', async () => {
  const { bucket, objects } = memoryBucket()
  const { vault, record } = await sealed(bucket)
  let noted: RecordingRecord['upload']
  await vault.upload(record, async (state) => {
    // Before the first byte is there.
    expect(objects.size).toBe(0)
    noted = state
  })
  expect(objects.size).toBe(1)
  await vault.erase({ ...record, ...(noted && { upload: noted }) })
  expect([...objects.keys()]).toEqual([])
})

test('a file that was changed is brought nowhere', async () => {
  const { bucket, objects } = memoryBucket()
  const { vault, record } = await sealed(bucket)
  const path = vault.locate(record.path)
  const bytes = readFileSync(path)
  bytes[500] = (bytes[500] ?? 0) ^ 1
  writeFileSync(path, bytes)
  await expect(vault.upload(record, async () => undefined)).rejects.toMatchObject({
    reason: 'damaged',
  })
  expect([...objects.keys()]).toEqual([])
})

test('what is being uploaded is erased after that, not before', async () => {
  const [begun, goOn] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const { bucket, objects } = memoryBucket(() => {
    begun.resolve()
    return goOn.promise
  })
  const { vault, record } = await sealed(bucket)
  const uploading = vault.upload(record, async () => undefined)
  await begun.promise
  await expect(vault.erase(record)).rejects.toThrow('just being uploaded')
  goOn.resolve()
  await uploading
  await vault.erase({ ...record, upload: { key: 'k' } })
  expect([...objects.keys()]).toEqual([])
})
