import { createHash, type KeyObject, randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { sealChunks } from './chunks.ts'
import {
  bodyBytes,
  CHUNK_BYTES,
  headerBytes,
  type SealedHeader,
  type WrappedKey,
} from './format.ts'
import { wrapKey } from './wrap.ts'

/** What is kept of a sealed file in the recording's row. */
export interface Encryption {
  readonly version: 1
  readonly cipher: 'A256GCM'
  readonly chunkBytes: number
  readonly plainBytes: number
  /** Of the stored file before its chunks. */
  readonly headerBytes: number
  /** Size and SHA-256 (hex) of the stored file. */
  readonly bytes: number
  readonly sha256: string
  readonly key: WrappedKey
}

/**
 * Encrypts an open file into `to`, whole or not at all, for the holder of a key. The SHA-256 (hex) of the plain bytes
 * comes with it.
 */
export async function sealFile(
  plain: FileHandle,
  to: string,
  recording: string,
  recipient: KeyObject,
): Promise<{ sha256: string; encryption: Encryption }> {
  const { size: plainBytes } = await plain.stat()
  const header: SealedHeader = {
    ...{ version: 1, recording, cipher: 'A256GCM', chunkBytes: CHUNK_BYTES },
    plainBytes,
  }
  const key = randomBytes(32)
  const part = `${to}.part`
  try {
    const start = headerBytes(header)
    const hashes = await writeSealed(plain, part, start, header, key)
    await rename(part, to)
    const { version, cipher, chunkBytes } = header
    return {
      sha256: hashes.plain,
      encryption: {
        ...{ version, cipher, chunkBytes, plainBytes, headerBytes: start.length },
        ...{ bytes: start.length + bodyBytes(header), sha256: hashes.sealed },
        key: wrapKey(key, recipient),
      },
    }
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined)
    throw error
  } finally {
    key.fill(0)
  }
}

async function writeSealed(
  plain: FileHandle,
  part: string,
  start: Buffer,
  header: SealedHeader,
  key: Buffer,
): Promise<{ plain: string; sealed: string }> {
  const [plainHash, sealedHash] = [createHash('sha256'), createHash('sha256')]
  async function* heard() {
    for await (const some of plain.createReadStream({ start: 0, autoClose: false })) {
      plainHash.update(some as Buffer)
      yield some as Buffer
    }
  }
  const file = await open(part, 'w', 0o600)
  try {
    sealedHash.update(start)
    await writeAll(file, start)
    for await (const chunk of sealChunks(heard(), header, key)) {
      sealedHash.update(chunk)
      await writeAll(file, chunk)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return { plain: plainHash.digest('hex'), sealed: sealedHash.digest('hex') }
}

/** A disk about to be full takes a part. */
async function writeAll(file: FileHandle, bytes: Buffer): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, at, bytes.length - at)
    if (bytesWritten === 0) throw new Error('the disk takes no more')
    at += bytesWritten
  }
}

/** The header that goes with the audio to whoever opens it elsewhere: it brings its own key. */
export const portableHeader = (recording: string, encryption: Encryption): Buffer => {
  const { version, cipher, chunkBytes, plainBytes, key } = encryption
  return headerBytes({ version, recording, cipher, chunkBytes, plainBytes, keys: [key] })
}

export const headerOf = (recording: string, encryption: Encryption): SealedHeader => {
  const { version, cipher, chunkBytes, plainBytes } = encryption
  return { version, recording, cipher, chunkBytes, plainBytes }
}
