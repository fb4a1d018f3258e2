import { fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs'
import { OggFault, type OpusHead, readHead } from './opus-head.ts'
import { ENDS_STREAM, type FoundPage, flagged, LARGEST_PAGE_BYTES, pageAt } from './page.ts'

const HEAD_BYTES = 512
/** The last whole page lies within it, whatever of another one comes after. */
const TAIL_BYTES = 2 * LARGEST_PAGE_BYTES

/** How far a file goes whose writer may have died. */
export interface StreamEnd {
  readonly head: OpusHead
  readonly serial: number
  /** Of the last whole page. */
  readonly sequence: number
  readonly granule: number
  /** Length of the file up to its end. */
  readonly bytes: number
}

/** Opus in Ogg counts at 48 kHz. */
export const CLOCK_HZ = 48_000

export const durationMsOf = (granule: number, preSkip: number): number =>
  Math.round((Math.max(0, granule - preSkip) * 1000) / CLOCK_HZ)

/**
 * Cuts off what was written in part and sets or takes away the mark of the stream's end, as `ends` says. Some 130 KB
 * are read however long the file is.
 * @throws OggFault when it is no recording of ours, and what the file system throws
 */
export function mendEnd(fd: number, ends: boolean): StreamEnd {
  const { size } = fstatSync(fd)
  const { serial, ...head } = readHead(readAt(fd, 0, Math.min(size, HEAD_BYTES)))
  const from = Math.max(0, size - TAIL_BYTES)
  const tail = readAt(fd, from, size - from)
  const found = lastPage(tail, serial)
  if (!found) throw new OggFault('nothing whole is in the file')
  const { at, page } = found
  const bytes = from + at + page.bytes
  if (bytes !== size) ftruncateSync(fd, bytes)
  const flags = ends ? page.flags | ENDS_STREAM : page.flags & ~ENDS_STREAM
  if (flags !== page.flags) {
    const changed = flagged(tail.subarray(at, at + page.bytes), flags)
    writeSync(fd, changed, 0, changed.length, from + at)
  }
  return { head, serial, sequence: page.sequence, granule: page.granule, bytes }
}

function readAt(fd: number, position: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  return bytes.subarray(0, readSync(fd, bytes, 0, length, position))
}

function lastPage(tail: Uint8Array, serial: number): { at: number; page: FoundPage } | undefined {
  for (let at = tail.length - 1; at >= 0; at--) {
    if (tail[at] !== 0x4f) continue
    const page = pageAt(tail, at)
    if (page && page.serial === serial) return { at, page }
  }
  return undefined
}
