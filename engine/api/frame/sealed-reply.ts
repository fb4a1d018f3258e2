import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto'

const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/**
 * A text that only whoever has the Idempotency-Key can read: an answer may hold a password that is shown once, and
 * the database keeps nothing but the hash of the key.
 */
export function sealed(text: string, key: string): string {
  const nonce = randomBytes(nonceBytes)
  const encrypting = createCipheriv(cipher, secretOf(key), nonce)
  const hidden = Buffer.concat([encrypting.update(text, 'utf8'), encrypting.final()])
  return Buffer.concat([nonce, encrypting.getAuthTag(), hidden]).toString('base64')
}

/** Throws when it was sealed with another key. */
export function unsealed(text: string, key: string): string {
  const all = Buffer.from(text, 'base64')
  const decrypting = createDecipheriv(cipher, secretOf(key), all.subarray(0, nonceBytes))
  decrypting.setAuthTag(all.subarray(nonceBytes, nonceBytes + tagBytes))
  const hidden = all.subarray(nonceBytes + tagBytes)
  return Buffer.concat([decrypting.update(hidden), decrypting.final()]).toString('utf8')
}

const secretOf = (key: string): Buffer =>
  createHash('sha256').update(`idempotent reply\n${key}`).digest()
