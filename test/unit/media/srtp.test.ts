import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type SrtpSuite, srtpSuites } from '../../../engine/media/agreement.ts'
import { SRTP_GROWTH_BYTES, SrtpSession } from '../../../engine/media/rtp/srtp.ts'
import { sessionKeys, suites } from '../../../engine/media/rtp/srtp-keys.ts'

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
const aKey = (suite: SrtpSuite) => {
  const { keyBytes, saltBytes } = suites[suite]
  return { suite, keyBase64: randomBytes(keyBytes + saltBytes).toString('base64') }
}

function rtp(sequence: number, ssrc = 0xcafebabe, payload = 160): Buffer {
  const packet = Buffer.alloc(12 + payload + SRTP_GROWTH_BYTES, sequence & 0xff)
  packet.writeUInt16BE(0x8000, 0)
  packet.writeUInt16BE(sequence & 0xffff, 2)
  packet.writeUInt32BE((sequence * 160) >>> 0, 4)
  packet.writeUInt32BE(ssrc, 8)
  return packet
}
const BYTES = 172

test('session keys are those of RFC 3711 appendix B.3', () => {
  const keyBase64 = base64('e1f97a0d3e018be0d64fa32c06de4139' + '0ec675ad498afeebb6960b3aabe6')
  const keys = sessionKeys({ suite: 'AES_CM_128_HMAC_SHA1_80', keyBase64 })
  expect(keys.cipher.toString('hex')).toBe('c61e7a93744f39ee10734afe3ff7a087')
  expect(keys.salt.toString('hex')).toBe('30cbbc08863d8c85d49db34a9ae1')
  expect(keys.authentication.toString('hex')).toBe('cebe321f6ff7716b6fd4ab49af256a156d38baa4')
})

test('a packet of libsrtp’s own test comes out the same', () => {
  const keyBase64 = base64('e1f97a0d3e018be0d64fa32c06de4139' + '0ec675ad498afeebb6960b3aabe6')
  const session = new SrtpSession({ suite: 'AES_CM_128_HMAC_SHA1_80', keyBase64 })
  const packet = Buffer.alloc(28 + SRTP_GROWTH_BYTES)
  packet.write(`800f1234decafbadcafebabe${'ab'.repeat(16)}`, 'hex')
  const length = session.protect(packet, 28)
  expect(packet.subarray(0, length).toString('hex')).toBe(
    '800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb',
  )
})

test('a key of the wrong length is refused', () => {
  const keyBase64 = randomBytes(30).toString('base64')
  expect(() => new SrtpSession({ suite: 'AEAD_AES_256_GCM', keyBase64 })).toThrow(
    /44 bytes, not 30/,
  )
})

describe.each(srtpSuites)('%s', (suite) => {
  test('what one side says the other understands, across rollovers, losses and disorder', () => {
    const key = aKey(suite)
    const [ours, theirs] = [new SrtpSession(key), new SrtpSession(key)]
    for (let n = 65_500; n < 65_536 * 3; n += n % 65_536 > 100 && n % 65_536 < 65_400 ? 7000 : 3) {
      const [first, second] = [rtp(n), rtp(n + 1)]
      const [one, two] = [ours.protect(first, BYTES), ours.protect(second, BYTES)]
      expect(first.subarray(12, BYTES)).not.toEqual(rtp(n).subarray(12, BYTES))
      expect(theirs.unprotect(second, two)).toBe(BYTES)
      expect(theirs.unprotect(first, one)).toBe(BYTES)
      expect(first.subarray(0, BYTES)).toEqual(rtp(n).subarray(0, BYTES))
    }
  })

  test('a changed bit anywhere, another key, or a packet twice: refused, and nothing moves', () => {
    const key = aKey(suite)
    const [ours, theirs] = [new SrtpSession(key), new SrtpSession(key)]
    const packet = rtp(7)
    const length = ours.protect(packet, BYTES)
    for (let at = 0; at < length; at += 5) {
      const changed = Buffer.from(packet)
      changed[at]! ^= 1
      expect(theirs.unprotect(changed, length)).toBe(-1)
    }
    expect(new SrtpSession(aKey(suite)).unprotect(Buffer.from(packet), length)).toBe(-1)
    for (let bytes = 0; bytes < length; bytes++) {
      expect(theirs.unprotect(Buffer.from(packet), bytes)).toBe(-1)
    }
    expect(theirs.unprotect(Buffer.from(packet), length)).toBe(BYTES)
    expect(theirs.unprotect(Buffer.from(packet), length)).toBe(-1)
  })

  test('no number is sent twice: another packet under it would give the key stream away', () => {
    const session = new SrtpSession(aKey(suite))
    expect(session.protect(rtp(7), BYTES)).toBeGreaterThan(BYTES)
    const other = rtp(7)
    other.fill(0x55, 12)
    expect(session.protect(other, BYTES)).toBe(-1)
    expect(session.protect(rtp(6), BYTES)).toBeGreaterThan(BYTES)
    expect(session.protect(rtp(6), BYTES)).toBe(-1)
    expect(session.protect(rtp(7, 1), BYTES)).toBeGreaterThan(BYTES)
  })

  test('a new SSRC is followed, and 10,000 strange ones take nothing from it', () => {
    const key = aKey(suite)
    const [ours, theirs] = [new SrtpSession(key), new SrtpSession(key)]
    const heard = (sequence: number, ssrc: number): number => {
      const packet = rtp(sequence, ssrc)
      return theirs.unprotect(packet, ours.protect(packet, BYTES))
    }
    expect(heard(65_535, 1)).toBe(BYTES)
    expect(heard(65_536, 1)).toBe(BYTES)
    expect(heard(5, 2)).toBe(BYTES)
    for (let n = 0; n < 10_000; n++) {
      const forged = rtp(n, n)
      expect(theirs.unprotect(forged, BYTES)).toBe(-1)
    }
    expect(heard(6, 2)).toBe(BYTES)
    expect(heard(65_537, 1)).toBe(BYTES)
  })
})
