import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { AccountId, RecordingId } from '../core/ids.ts'
import {
  type LinkContent,
  type LinkSigner,
  linkUses,
  longestLinkS,
} from '../core/ports/recording-links.ts'

/**
 * A token is the base64url of 72 bytes: version (1), use (1), number of the key (2), end in ms (6), the account's
 * number (4), account (16), recording (16), and 26 bytes of HMAC-SHA-256 over all that.
 */
const contentBytes = 46
const allBytes = 72
const version = 1

/**
 * Each week has a key of its own, derived from the installation's secret (HKDF, RFC 5869): a link lives a week at most,
 * so that no key but this week's and the last one's is ever taken.
 */
export function createLinkSigner(secret: string, clock: Pick<Clock, 'nowMs'>): LinkSigner {
  const keys = new Map<number, Buffer>()
  const keyOf = (week: number): Buffer => {
    const known = keys.get(week)
    if (known) return known
    const key = Buffer.from(hkdfSync('sha256', secret, '', `links to recordings ${week}`, 32))
    keys.clear()
    keys.set(week, key)
    return key
  }
  const weekNow = () => Math.floor(clock.nowMs() / 1000 / longestLinkS) % 65_536
  const macOf = (content: Uint8Array, week: number) =>
    createHmac('sha256', keyOf(week))
      .update(content)
      .digest()
      .subarray(0, allBytes - contentBytes)
  return {
    sign(content) {
      const week = weekNow()
      const bytes = written(content, week)
      return Buffer.concat([bytes, macOf(bytes, week)]).toString('base64url')
    },
    verify(token) {
      if (!/^[\w-]{96}$/.test(token)) return undefined
      const bytes = Buffer.from(token, 'base64url')
      const content = bytes.subarray(0, contentBytes)
      const week = content.readUInt16BE(2)
      const age = (weekNow() - week + 65_536) % 65_536
      if (content[0] !== version || age > 1) return undefined
      if (!timingSafeEqual(bytes.subarray(contentBytes), macOf(content, week))) return undefined
      const read = readContent(content)
      return read && read.expiresAtMs > clock.nowMs() ? read : undefined
    },
  }
}

function written(content: LinkContent, week: number): Buffer {
  const bytes = Buffer.alloc(contentBytes)
  bytes[0] = version
  bytes[1] = linkUses.indexOf(content.use)
  bytes.writeUInt16BE(week, 2)
  bytes.writeUIntBE(content.expiresAtMs, 4, 6)
  bytes.writeUInt32BE(content.generation, 10)
  idBytes(content.accountId).copy(bytes, 14)
  idBytes(content.recordingId).copy(bytes, 30)
  return bytes
}

function readContent(bytes: Buffer): LinkContent | undefined {
  const use = linkUses[bytes[1] ?? -1]
  if (use === undefined) return undefined
  return {
    use,
    expiresAtMs: bytes.readUIntBE(4, 6),
    generation: bytes.readUInt32BE(10),
    accountId: idOf(bytes.subarray(14, 30)) as AccountId,
    recordingId: idOf(bytes.subarray(30, 46)) as RecordingId,
  }
}

const idBytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex')

const idOf = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
