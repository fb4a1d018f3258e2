import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { keyedHash } from '../../../engine/sip/auth/keyed-hash.ts'

test.each([0, 1, 32, 64, 65, 200])('the same as HMAC with a key of %i bytes', (bytes) => {
  const key = Uint8Array.from({ length: bytes }, (_, i) => i)
  for (const text of ['', 'a nonce', '\u00e9\u4e2d', 'x'.repeat(1000)]) {
    const wanted = createHmac('sha256', key).update(text).digest('base64url')
    expect(keyedHash(key)(text)).toBe(wanted)
  }
})
