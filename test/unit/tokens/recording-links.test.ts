import { expect, test } from 'vitest'
import type { AccountId, RecordingId } from '../../../engine/core/ids.ts'
import { longestLinkS } from '../../../engine/core/ports/recording-links.ts'
import { createLinkSigner } from '../../../engine/tokens/index.ts'

const secret = 'a secret of the installation, long enough'
const time = { nowMs: 1_780_000_000_000 }
const clock = { nowMs: () => time.nowMs }
const signer = createLinkSigner(secret, clock)
const content = {
  accountId: '11111111-2222-4333-8444-555555555555' as AccountId,
  recordingId: '99999999-aaaa-4bbb-8ccc-dddddddddddd' as RecordingId,
  use: 'audio',
  expiresAtMs: 1_780_000_060_000,
  generation: 7,
} as const

test('a link says what it was made for, until it is over', () => {
  const token = signer.sign(content)
  expect(token).toMatch(/^[\w-]{96}$/)
  expect(signer.verify(token)).toEqual(content)
  const page = signer.sign({ ...content, use: 'page' })
  expect(signer.verify(page)?.use).toBe('page')
  time.nowMs = 1_780_000_059_999
  expect(signer.verify(token)).toEqual(content)
  time.nowMs = 1_780_000_060_000
  expect(signer.verify(token)).toBeUndefined()
  time.nowMs = 1_780_000_000_000
})

test('no byte of it can be changed', () => {
  const bytes = Buffer.from(signer.sign(content), 'base64url')
  for (let at = 0; at < bytes.length; at++) {
    const other = Buffer.from(bytes)
    other[at] = (other[at] ?? 0) ^ 1
    expect([at, signer.verify(other.toString('base64url'))]).toEqual([at, undefined])
  }
  for (const odd of ['', 'x', `${bytes.toString('base64url')}A`, `${'='.repeat(96)}`]) {
    expect(signer.verify(odd)).toBeUndefined()
  }
})

test('another installation takes none of it', () => {
  expect(createLinkSigner(`${secret}!`, clock).verify(signer.sign(content))).toBeUndefined()
})

test('the key changes by the week: one from the week before is taken, an older one never', () => {
  const far = { ...content, expiresAtMs: 2_000_000_000_000 }
  const token = signer.sign(far)
  const beganMs = time.nowMs
  time.nowMs = beganMs + longestLinkS * 1000
  expect(signer.verify(token)).toEqual(far)
  time.nowMs = beganMs + 2 * longestLinkS * 1000
  expect(signer.verify(token)).toBeUndefined()
  time.nowMs = beganMs - longestLinkS * 1000
  expect(signer.verify(token)).toBeUndefined()
  time.nowMs = beganMs
})
