import { hash } from 'node:crypto'

const blockBytes = 64

/**
 * HMAC-SHA-256 (RFC 2104) with one key, in base64url. Node's own makes its key anew for each use, which
 * costs ten times as much as all the rest of a REGISTER's digest.
 */
export function keyedHash(key: Uint8Array): (text: string) => string {
  const short = key.length > blockBytes ? hash('sha256', key, 'buffer') : key
  const padded = (byte: number): Buffer =>
    Buffer.from(Uint8Array.from({ length: blockBytes }, (_, i) => (short[i] ?? 0) ^ byte))
  const [inner, outer] = [padded(0x36), padded(0x5c)]
  return (text) => {
    const within = hash('sha256', Buffer.concat([inner, Buffer.from(text)]), 'buffer')
    return hash('sha256', Buffer.concat([outer, within]), 'base64url')
  }
}
