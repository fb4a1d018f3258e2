import type { KeyObject } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { openChunks } from './chunks.ts'
import { bodyBytes, HEADER_ROOM, readHeader, SealFault } from './format.ts'
import { keyIdOf, unwrapKey } from './wrap.ts'

/**
 * Decrypts a sealed recording that was downloaded, with the private key; whole or not at all. Returns the plain bytes.
 * @throws SealFault when it is none, was changed or cut off, or is for another key.
 */
export async function openSealedFile(path: string, holder: KeyObject, to: string): Promise<number> {
  const file = await open(path, 'r')
  const part = `${to}.part`
  try {
    const plain = await open(part, 'w', 0o600)
    try {
      const bytes = await decrypt(file, holder, plain)
      await plain.sync()
      await rename(part, to)
      return bytes
    } finally {
      await plain.close()
    }
  } catch (error) {
    await rm(part, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

async function decrypt(file: FileHandle, holder: KeyObject, plain: FileHandle): Promise<number> {
  const start = Buffer.alloc(HEADER_ROOM)
  const { bytesRead } = await file.read(start, 0, start.length, 0)
  const { header, bytes: offset } = readHeader(start.subarray(0, bytesRead))
  const kid = keyIdOf(holder)
  const wrapped = header.keys?.find((key) => key.kid === kid)
  if (wrapped === undefined) {
    const others = header.keys?.map((key) => key.kid).join(', ') ?? 'none'
    throw new SealFault(`it is not for this private key (${kid}), but for ${others}`)
  }
  const { size } = await file.stat()
  if (size !== offset + bodyBytes(header)) throw new SealFault('the sealed recording is not whole')
  const key = unwrapKey(wrapped, holder)
  const read = (from: number, to: number) =>
    file.createReadStream({ start: offset + from, end: offset + to, autoClose: false })
  const all = { start: 0, end: Math.max(0, header.plainBytes - 1) }
  for await (const some of openChunks(read, header, key, all)) await plain.writeFile(some)
  return header.plainBytes
}
