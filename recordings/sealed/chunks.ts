import { createCipheriv, createDecipheriv } from 'node:crypto'
import { chunksOf, contextOf, nonceOf, type SealedHeader, SealFault, TAG_BYTES } from './format.ts'

/** Bytes `start` to `end` of something, both inclusive. */
export type ReadBytes = (start: number, end: number) => AsyncIterable<Uint8Array>

/** The chunks of a sealed file, each with its tag. Rejects when the audio is not as long as the header tells. */
export async function* sealChunks(
  audio: AsyncIterable<Uint8Array>,
  header: SealedHeader,
  key: Buffer,
): AsyncGenerator<Buffer> {
  const last = chunksOf(header) - 1
  let chunk = 0
  let told = 0
  for await (const plain of inPieces(audio, header.chunkBytes)) {
    told += plain.length
    if (chunk > last || told > header.plainBytes) break
    yield sealed(plain, header, key, chunk, chunk === last)
    chunk += 1
  }
  if (told === 0 && header.plainBytes === 0) yield sealed(Buffer.alloc(0), header, key, 0, true)
  else if (told !== header.plainBytes) throw new SealFault('the audio changed while it was sealed')
}

function sealed(
  plain: Buffer,
  header: SealedHeader,
  key: Buffer,
  chunk: number,
  isLast: boolean,
): Buffer {
  const cipher = createCipheriv('aes-256-gcm', key, nonceOf(chunk, isLast))
  cipher.setAAD(contextOf(header))
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/**
 * The plain bytes `start` to `end`, of which only the chunks are read that they are in. `read` is asked for bytes of the
 * body, counted from behind the header. Ends with a SealFault where a chunk is not what was sealed: what came before is.
 */
export async function* openChunks(
  read: ReadBytes,
  header: SealedHeader,
  key: Buffer,
  { start, end }: { readonly start: number; readonly end: number },
): AsyncGenerator<Buffer> {
  const { chunkBytes, plainBytes } = header
  const lastChunk = chunksOf(header) - 1
  const first = Math.floor(start / chunkBytes)
  const until = Math.min(lastChunk, Math.floor(end / chunkBytes))
  const stride = chunkBytes + TAG_BYTES
  const bodyEnd =
    until === lastChunk ? plainBytes + (lastChunk + 1) * TAG_BYTES : (until + 1) * stride
  let chunk = first
  for await (const piece of inPieces(read(first * stride, bodyEnd - 1), stride)) {
    if (chunk > until) break
    const plain = opened(piece, header, key, chunk, chunk === lastChunk)
    const at = chunk * chunkBytes
    yield plain.subarray(Math.max(0, start - at), Math.min(plain.length, end + 1 - at))
    chunk += 1
  }
  if (chunk <= until) throw new SealFault('the sealed recording is not whole')
}

function opened(
  piece: Buffer,
  header: SealedHeader,
  key: Buffer,
  chunk: number,
  isLast: boolean,
): Buffer {
  const at = piece.length - TAG_BYTES
  if (at < 0) throw new SealFault('the sealed recording is not whole')
  const decipher = createDecipheriv('aes-256-gcm', key, nonceOf(chunk, isLast))
  decipher.setAAD(contextOf(header))
  decipher.setAuthTag(piece.subarray(at))
  try {
    return Buffer.concat([decipher.update(piece.subarray(0, at)), decipher.final()])
  } catch (error) {
    throw new SealFault('the sealed recording was changed, or this is not its key', {
      cause: error,
    })
  }
}

/** The same bytes in pieces of one size; the last may be shorter. */
async function* inPieces(bytes: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = []
  let length = 0
  for await (const some of bytes) {
    waiting.push(Buffer.from(some.buffer, some.byteOffset, some.byteLength))
    length += some.length
    if (length < size) continue
    let all = Buffer.concat(waiting)
    while (all.length >= size) {
      yield all.subarray(0, size)
      all = all.subarray(size)
    }
    waiting = [all]
    length = all.length
  }
  if (length > 0) yield Buffer.concat(waiting)
}
