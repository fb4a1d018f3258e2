import { randomUUID } from 'node:crypto'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { twoRateBytes, twoRateHeader, WIDE_HZ } from '../engine/dsp/two-rate-wav.ts'
import { WAV_HEADER_BYTES } from '../engine/dsp/wav.ts'

/** A cached utterance on disk. */
export interface EntryFacts {
  readonly bytes: number
  readonly durationMs: number
}

/** Where the header tells the size of the samples. */
const SIZE_AT = WAV_HEADER_BYTES - 4

function factsOf(header: Buffer, fileBytes: number): EntryFacts | undefined {
  if (header.length < WAV_HEADER_BYTES) return undefined
  const samples = header.readUInt32LE(SIZE_AT) / 2
  const isOurs =
    samples > 0 &&
    fileBytes === twoRateBytes(samples) &&
    Buffer.compare(header, twoRateHeader(samples)) === 0
  if (!isOurs) return undefined
  return { bytes: fileBytes, durationMs: Math.round((samples * 1000) / WIDE_HZ) }
}

/** What the file holds; undefined when it is missing, cut off or no utterance of ours. */
export async function readEntry(path: string): Promise<EntryFacts | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return undefined
  try {
    const header = Buffer.alloc(WAV_HEADER_BYTES)
    const { bytesRead } = await file.read(header, 0, WAV_HEADER_BYTES, 0)
    return factsOf(header.subarray(0, bytesRead), (await file.stat()).size)
  } finally {
    await file.close()
  }
}

/** Puts the file in place whole or not at all, whoever reads or writes it meanwhile. */
export async function writeEntry(path: string, wav: Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}.part`
  try {
    await writeFile(unfinished, wav)
    await rename(unfinished, path)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw error
  }
}
