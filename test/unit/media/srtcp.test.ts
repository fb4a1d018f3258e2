import { randomBytes } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type SrtpSuite, srtpSuites } from '../../../engine/media/agreement.ts'
import { SRTCP_GROWTH_BYTES, SrtcpSession } from '../../../engine/media/rtp/srtcp.ts'
import { suites } from '../../../engine/media/rtp/srtp-keys.ts'

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64')
const aKey = (suite: SrtpSuite) => {
  const { keyBytes, saltBytes } = suites[suite]
  return { suite, keyBase64: randomBytes(keyBytes + saltBytes).toString('base64') }
}
const roomy = (hex: string): Buffer =>
  Buffer.concat([Buffer.from(hex, 'hex'), Buffer.alloc(SRTCP_GROWTH_BYTES)])

const report = `81c8000bcafebabe${'ab'.repeat(16)}`
const BYTES = 24

test('a packet of libsrtp’s own test comes out the same', () => {
  const keyBase64 = base64('e1f97a0d3e018be0d64fa32c06de4139' + '0ec675ad498afeebb6960b3aabe6')
  const session = new SrtcpSession({ suite: 'AES_CM_128_HMAC_SHA1_80', keyBase64 })
  const packet = roomy(report)
  const length = session.protect(packet, BYTES)
  expect(packet.subarray(0, length).toString('hex')).toBe(
    '81c8000bcafebabe7128035be487b9bdbef89041f977a5a880000001993e08cd54d6c1230798',
  )
})

test('the packet of RFC 7714 section 17.1 is read, and that of 17.3, which is open', () => {
  const keys = {
    cipher: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'),
    authentication: Buffer.alloc(20),
    salt: Buffer.from('517569642070726f2071756f', 'hex'),
  }
  const clear =
    '81c8000d4d6172734e5450314e545032525450200000042a0000e9304c756e61deadbeefdeadbeefdeadbeefdeadbeefdeadbeef'
  const sealed =
    '81c8000d4d61727363e94885dcdab67ca727d7662f6b7e997ff5c0f76c06f32dc676a5f1730d6fda4ce09b4686303ded0bb9275bc84aa45896cf4d2fc5abf87245d9eade800005d4'
  for (const hex of [sealed, `${clear}841dd9683dd78ec92ae58790125f62b3000005d4`]) {
    const packet = Buffer.from(hex, 'hex')
    const session = new SrtcpSession({ suite: 'AEAD_AES_128_GCM', keyBase64: '' }, keys)
    const length = session.unprotect(packet, packet.length)
    expect(packet.subarray(0, length).toString('hex')).toBe(clear)
  }
})

describe.each(srtpSuites)('%s', (suite) => {
  test('what one side says the other understands, once', () => {
    const key = aKey(suite)
    const [ours, theirs] = [new SrtcpSession(key), new SrtcpSession(key)]
    for (let n = 0; n < 200; n++) {
      const packet = roomy(report)
      const length = ours.protect(packet, BYTES)
      expect(packet.subarray(8, BYTES).toString('hex')).not.toBe('ab'.repeat(16))
      const again = Buffer.from(packet)
      expect(theirs.unprotect(packet, length)).toBe(BYTES)
      expect(packet.subarray(0, BYTES).toString('hex')).toBe(report)
      expect(theirs.unprotect(again, length)).toBe(-1)
    }
  })

  test('a changed bit anywhere, another key, or less of it: refused', () => {
    const key = aKey(suite)
    const packet = roomy(report)
    const length = new SrtcpSession(key).protect(packet, BYTES)
    const theirs = new SrtcpSession(key)
    for (let at = 0; at < length; at++) {
      const changed = Buffer.from(packet)
      changed[at]! ^= 1
      expect(theirs.unprotect(changed, length)).toBe(-1)
    }
    expect(new SrtcpSession(aKey(suite)).unprotect(Buffer.from(packet), length)).toBe(-1)
    for (let bytes = 0; bytes < length; bytes++) {
      expect(theirs.unprotect(Buffer.from(packet), bytes)).toBe(-1)
    }
    expect(theirs.unprotect(Buffer.from(packet), length)).toBe(BYTES)
  })
})
