import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { AccountId, RecordingId } from '../../../engine/core/ids.ts'
import type { OpenRecording, RecordingRecord } from '../../../engine/core/ports/recordings.ts'

export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-vault-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export const accountId = '0f4d27c6-6a3e-4f0b-9f3a-6a4f3b0f9a01' as AccountId
export const recordingId = '5d1f0a8e-52a7-4d39-8d7b-0c2b5f6f1a77' as RecordingId
const createdAtMs = Date.UTC(2026, 4, 6, 12)

/** A recording that is over, whose file holds these bytes. */
export async function wholeRecording(
  files: { pathFor(id: string, atMs: number): Promise<string> },
  bytes: Buffer,
  id = recordingId,
): Promise<RecordingRecord> {
  const path = await files.pathFor(id, createdAtMs)
  writeFileSync(path, bytes)
  return {
    ...{ id, accountId, callId: null, status: 'completed', failure: null, path, channels: 2 },
    ...{ durationMs: 1_000, bytes: bytes.length, createdAtMs },
  }
}

export interface KeyPair {
  readonly publicKey: string
  readonly privateKey: string
}

export function keyPair(kind: 'rsa' | 'x25519'): KeyPair {
  const made =
    kind === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('x25519')
  return {
    publicKey: made.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: made.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

export async function bytesOf({ stream }: OpenRecording): Promise<Buffer> {
  const all: Buffer[] = []
  for await (const some of stream) all.push(Buffer.from(some as Uint8Array))
  return Buffer.concat(all)
}

/** Bytes that differ everywhere, the same each time. */
export function someBytes(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length)
  let state = seed
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}
