import { randomUUID } from 'node:crypto'
import { open, rename, rm, writeFile } from 'node:fs/promises'
import { WAV_HEADER_BYTES, WavFault, wavHeader, wavLayout } from '../engine/dsp/wav.ts'

/** A cached utterance on disk. */
export interface EntryFacts {
  readonly bytes: number
  readonly durationMs: number
}

function factsOf(header: Uint8Array, fileBytes: number): EntryFacts | undefined {
  const dataBytes = fileBytes - WAV_HEADER_BYTES
  const { rateHz, channels } = wavLayout(header).format
  const right = wavHeader({ rateHz, channels, format: 'pcm16', dataBytes })
  if (dataBytes <= 0 || Buffer.compare(header, right) !== 0) return undefined
  return { bytes: fileBytes, durationMs: Math.round((dataBytes / 2 / rateHz) * 1000) }
}

/** What the file holds; undefined when it is missing, cut off or no utterance of ours. */
export async function readEntry(path: string): Promise<EntryFacts | undefined> {
  const file = await open(path, 'r').catch(() => undefined)
  if (!file) return undefined
  try {
    const header = new Uint8Array(WAV_HEADER_BYTES)
    const { bytesRead } = await file.read(header, 0, WAV_HEADER_BYTES, 0)
    return factsOf(header.subarray(0, bytesRead), (await file.stat()).size)
  } catch (error) {
    if (error instanceof WavFault) return undefined
    throw error
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
