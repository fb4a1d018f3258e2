/**
 * A sealed recording: the magic line, the length of the header (32 bits, big endian), the header (JSON, UTF-8), then the
 * audio in chunks of `chunkBytes`, each AES-256-GCM with its 16-byte tag behind it. The nonce of chunk n is seven zero
 * bytes, n (32 bits, big endian) and 1 for the last chunk, else 0: the key is of this recording alone, so that none comes
 * twice, and chunks that were moved, left out or cut off do not open. What the header tells of the audio goes with each
 * chunk as authenticated data. In storage the header is without `keys`: they are in the database, and gone with the row.
 */
export const MAGIC = Buffer.from('RINGDOWN-SEAL-1\n', 'latin1')
export const TAG_BYTES = 16
export const CHUNK_BYTES = 65_536
const MAX_HEADER_BYTES = 65_536

/** A key of one recording, wrapped for whoever has the private key. */
export interface WrappedKey {
  /** As of RFC 7518 for RSA; `X25519-HKDF-SHA256-A256GCM`: see wrap.ts. */
  readonly alg: 'RSA-OAEP-256' | 'X25519-HKDF-SHA256-A256GCM'
  /** SHA-256 of the public key (SubjectPublicKeyInfo, DER), its first 32 hexadecimal digits. */
  readonly kid: string
  /** Base64. */
  readonly wrapped: string
  /** The sender's public key (raw, base64); X25519 alone. */
  readonly ephemeral?: string
}

export interface SealedHeader {
  readonly version: 1
  readonly recording: string
  readonly cipher: 'A256GCM'
  readonly chunkBytes: number
  readonly plainBytes: number
  readonly keys?: readonly WrappedKey[]
}

/** The file is no sealed recording, or not whole, or was changed. */
export class SealFault extends Error {
  override readonly name = 'SealFault'
}

export function headerBytes(header: SealedHeader): Buffer {
  const text = Buffer.from(JSON.stringify(header), 'utf8')
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  return Buffer.concat([MAGIC, length, text])
}

/**
 * Reads the header at the beginning of a file; how long it is, magic and all.
 * @throws SealFault
 */
export function readHeader(start: Buffer): { header: SealedHeader; bytes: number } {
  const at = MAGIC.length + 4
  if (start.length < at || !start.subarray(0, MAGIC.length).equals(MAGIC))
    throw new SealFault('this is no sealed recording')
  const length = start.readUInt32BE(MAGIC.length)
  if (length > MAX_HEADER_BYTES || start.length < at + length)
    throw new SealFault('the header is not whole')
  return { header: parsed(start.toString('utf8', at, at + length)), bytes: at + length }
}

/** Of which a header of any length begins within. */
export const HEADER_ROOM = MAGIC.length + 4 + MAX_HEADER_BYTES

function parsed(text: string): SealedHeader {
  let header: SealedHeader
  try {
    header = JSON.parse(text) as SealedHeader
  } catch (error) {
    throw new SealFault('the header is not JSON', { cause: error })
  }
  const { version, cipher, chunkBytes, plainBytes, recording } = header
  const isFine =
    (version as number) === 1 && (cipher as string) === 'A256GCM' && typeof recording === 'string'
  if (!isFine) throw new SealFault('the header is of another version')
  const areSizes = [chunkBytes, plainBytes].every((size) => Number.isSafeInteger(size) && size >= 0)
  if (!areSizes || chunkBytes < 1 || chunkBytes > 1 << 24)
    throw new SealFault('the header has no sizes')
  return header
}

export const chunksOf = ({ chunkBytes, plainBytes }: SealedHeader): number =>
  Math.max(1, Math.ceil(plainBytes / chunkBytes))

/** Bytes of all chunks, tags included. */
export const bodyBytes = (header: SealedHeader): number =>
  header.plainBytes + chunksOf(header) * TAG_BYTES

export function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(chunk, 7)
  nonce[11] = isLast ? 1 : 0
  return nonce
}

export const contextOf = ({ recording, chunkBytes, plainBytes }: SealedHeader): Buffer =>
  Buffer.from(`ringdown-seal-1:${recording}:${chunkBytes}:${plainBytes}`, 'utf8')
