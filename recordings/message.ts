import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { SpeechMeter } from '../engine/dsp/mixer/speech-meter.ts'
import { WAV_HEADER_BYTES, wavHeader } from '../engine/dsp/wav.ts'
import { formatOfOurs } from './mend-wav.ts'
import type { RepairedRecording } from './repair.ts'

/** What is kept around the speech. */
const MARGIN_MS = 300
const FRAME_MS = 20
/** Frames that are looked at together: some 100 KB of a stereo file. */
const BLOCK_FRAMES = 160
const FULL_SCALE = 32_768

interface Source {
  readonly file: FileHandle
  readonly rateHz: number
  readonly channels: number
  readonly samples: number
}

export interface Message extends RepairedRecording {
  /** So much was left out at its beginning. */
  readonly beginsMs: number
}

/** In samples; `end` is not part of it. */
interface Stretch {
  readonly start: number
  readonly end: number
}

/**
 * Makes what a caller said, the left channel of a recording of ours, a file with one channel in its place; with
 * `trim` without the silence before and after. Undefined when nobody has spoken: the file is as it was.
 * @throws WavFault when it is no recording of ours.
 */
export async function messageOf(path: string, trim: boolean): Promise<Message | undefined> {
  const file = await open(path, 'r')
  try {
    const source = await sourceOf(file)
    const spoken = await speechIn(source)
    if (spoken === undefined) return undefined
    const stretch = trim ? spoken : { start: 0, end: source.samples }
    return await replace(path, source, stretch)
  } finally {
    await file.close()
  }
}

async function sourceOf(file: FileHandle): Promise<Source> {
  const header = new Uint8Array(WAV_HEADER_BYTES)
  const { bytesRead } = await file.read(header, 0, WAV_HEADER_BYTES, 0)
  const format = formatOfOurs(header.subarray(0, bytesRead))
  const { size } = await file.stat()
  const samples = Math.floor((size - WAV_HEADER_BYTES) / format.frameBytes)
  return { file, rateHz: format.rateHz, channels: format.channels, samples }
}

/** The left channel, block by block; each array is good until the next one. */
async function* leftOf({ file, channels, rateHz }: Source, { start, end }: Stretch) {
  const blockSamples = (BLOCK_FRAMES * rateHz * FRAME_MS) / 1000
  const bytes = Buffer.alloc(blockSamples * channels * 2)
  const left = new Int16Array(blockSamples)
  for (let at = start; at < end; at += blockSamples) {
    const wanted = Math.min(blockSamples, end - at)
    const position = WAV_HEADER_BYTES + at * channels * 2
    const { bytesRead } = await file.read(bytes, 0, wanted * channels * 2, position)
    const got = Math.floor(bytesRead / (channels * 2))
    for (let i = 0; i < got; i++) left[i] = bytes.readInt16LE(i * channels * 2)
    if (got === 0) return
    yield left.subarray(0, got)
  }
}

/** From the first word to the last, and a little more; undefined when there is none. */
async function speechIn(source: Source): Promise<Stretch | undefined> {
  const { rateHz, samples } = source
  const frame = (rateHz * FRAME_MS) / 1000
  const meter = new SpeechMeter()
  const slot = meter.add()
  let at = 0
  let first = -1
  let last = -1
  for await (const block of leftOf(source, { start: 0, end: samples })) {
    for (let i = 0; i + frame <= block.length; i += frame) {
      meter.power[slot] = powerOf(block, i, frame)
      meter.update(slot)
      const isSpeech = meter.speaking[slot] === 1 && meter.quietTicks[slot] === 0
      if (isSpeech && first < 0) first = at + i
      if (isSpeech) last = at + i + frame
    }
    at += block.length
  }
  if (first < 0) return undefined
  const margin = (rateHz * MARGIN_MS) / 1000
  return { start: Math.max(0, first - margin), end: Math.min(samples, last + margin) }
}

function powerOf(samples: Int16Array, start: number, count: number): number {
  let sum = 0
  for (let i = start; i < start + count; i++) sum += samples[i]! ** 2
  return sum / count / FULL_SCALE ** 2
}

/** What is to take the place of a file is written into this one first: a crash leaves the one or the other, whole. */
export const partOf = (path: string): string => `${path}.part`

async function replace(path: string, source: Source, stretch: Stretch): Promise<Message> {
  const part = partOf(path)
  const { rateHz } = source
  const dataBytes = (stretch.end - stretch.start) * 2
  const out = await open(part, 'w', 0o600)
  try {
    await out.write(wavHeader({ rateHz, channels: 1, format: 'pcm16', dataBytes }))
    for await (const block of leftOf(source, stretch)) {
      await out.write(new Uint8Array(block.buffer, block.byteOffset, block.byteLength))
    }
    await out.close()
    await rename(part, path)
  } catch (error) {
    await out.close().catch(() => undefined)
    await rm(part, { force: true })
    throw error
  }
  const msOf = (samples: number): number => Math.round((samples * 1000) / rateHz)
  const durationMs = msOf(stretch.end - stretch.start)
  return { durationMs, bytes: WAV_HEADER_BYTES + dataBytes, beginsMs: msOf(stretch.start) }
}
