import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** Fields of onnx.proto: ModelProto.metadata_props, and key and value of such an entry. */
const METADATA = 14
const KEY = 1
const VALUE = 2

const WIRE_VARINT = 0
const WIRE_64_BITS = 1
const WIRE_BYTES = 2
const WIRE_32_BITS = 5

const MAX_FIELDS = 10_000
const MAX_ENTRY_BYTES = 1_000_000
const MAX_VARINT_BYTES = 10

/**
 * What an ONNX file says of itself, without reading its weights. Undefined when it is no such file, or can
 * not be read.
 */
export function onnxMetadata(path: string): ReadonlyMap<string, string> | undefined {
  let file: number | undefined
  try {
    file = openSync(path, 'r')
    const { size } = fstatSync(file)
    return size === 0 ? undefined : readFields(file, size)
  } catch {
    return undefined
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function readFields(file: number, size: number): Map<string, string> | undefined {
  const found = new Map<string, string>()
  let at = 0
  for (let n = 0; n < MAX_FIELDS && at < size; n++) {
    const field = fieldAt(file, at)
    if (field === undefined || field.end > size) return undefined
    const bytes = field.end - field.start
    if (field.number === METADATA && bytes <= MAX_ENTRY_BYTES) {
      addEntry(readAt(file, field.start, bytes), found)
    }
    at = field.end
  }
  return at === size ? found : undefined
}

/** Where the body of the field lies that begins there. */
function fieldAt(file: number, at: number) {
  const head = readAt(file, at, 2 * MAX_VARINT_BYTES)
  const tag = varint(head, 0)
  const number = tag.value >> 3
  const start = at + tag.next
  switch (tag.value & 7) {
    case WIRE_VARINT:
      return { number, start, end: at + varint(head, tag.next).next }
    case WIRE_64_BITS:
      return { number, start, end: start + 8 }
    case WIRE_32_BITS:
      return { number, start, end: start + 4 }
    case WIRE_BYTES: {
      const length = varint(head, tag.next)
      return { number, start: at + length.next, end: at + length.next + length.value }
    }
    default:
      return undefined
  }
}

function readAt(file: number, at: number, bytes: number): Uint8Array {
  const buffer = new Uint8Array(bytes)
  return buffer.subarray(0, readSync(file, buffer, 0, bytes, at))
}

/** Numbers up to 2^53: no file is longer. Throws when it is cut off. */
function varint(bytes: Uint8Array, from: number): { value: number; next: number } {
  let value = 0
  for (let at = from; at < from + MAX_VARINT_BYTES; at++) {
    const byte = bytes[at]
    if (byte === undefined) break
    value += (byte & 0x7f) * 2 ** (7 * (at - from))
    if (byte < 0x80) return { value, next: at + 1 }
  }
  throw new RangeError('not a number')
}

function addEntry(entry: Uint8Array, found: Map<string, string>): void {
  let at = 0
  const texts = new Map<number, string>()
  while (at < entry.length) {
    const tag = varint(entry, at)
    const length = varint(entry, tag.next)
    at = length.next + length.value
    texts.set(tag.value >> 3, Buffer.from(entry.subarray(length.next, at)).toString('utf8'))
  }
  found.set(texts.get(KEY) ?? '', texts.get(VALUE) ?? '')
}
