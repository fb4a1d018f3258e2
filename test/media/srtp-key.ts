import { randomBytes } from 'node:crypto'
import type { SrtpKey, SrtpSuite } from '../../engine/media/agreement.ts'
import { suites } from '../../engine/media/rtp/srtp-keys.ts'

export function newKey(suite: SrtpSuite): SrtpKey {
  const { keyBytes, saltBytes } = suites[suite]
  return { suite, keyBase64: randomBytes(keyBytes + saltBytes).toString('base64') }
}
