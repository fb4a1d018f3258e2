import { Failure } from '../engine/core/failures.ts'

/** Letters that lose no accent, and signs that are written in other ways. */
const PLAIN: Readonly<Record<string, string>> = {
  ...{ ß: 'ss', æ: 'ae', Æ: 'Ae', ø: 'o', Ø: 'O', œ: 'oe', Œ: 'Oe', ł: 'l', Ł: 'L', đ: 'd' },
  ...{ '\u2018': "'", '\u2019': "'", '\u201c': '"', '\u201d': '"', '\u2013': ', ', '\u2014': ', ' },
  ...{ '\u2026': '.', '\u20ac': ' euro ', '\u00a3': ' pounds ', '\u00b0': ' degrees ' },
}

/**
 * Text for a program that knows the letters of English alone: without accents, and without what it would pass over
 * or stumble at. Failure `speech_unavailable` when nothing to be said is left.
 */
export function inLetters(text: string, program: string): string {
  const plain = [...text.normalize('NFC')].map((sign) => PLAIN[sign] ?? sign).join('')
  const letters = plain.normalize('NFKD').replace(/[^\x20-\x7e]/g, '')
  if (!/[A-Za-z0-9]/.test(letters)) {
    throw new Failure(
      'speech_unavailable',
      `${program} can not say this text: it knows no such letters`,
    )
  }
  return letters
}

/** Bytes of a text in an encoding of one byte a sign; what it does not have loses its accent, or is left out. */
export function inBytes(text: string, encoding: string, program: string): Uint8Array {
  const bytes = bytesOf(encoding)
  const found = [...text.normalize('NFC')].flatMap((sign) => {
    const byte = bytes.get(sign)
    if (byte !== undefined) return [byte]
    const plain = (PLAIN[sign] ?? sign).normalize('NFKD').replace(/[^\x20-\x7e]/g, '')
    return [...Buffer.from(plain)]
  })
  if (!found.some((byte) => byte >= 0x30)) {
    throw new Failure(
      'speech_unavailable',
      `${program} can not say this text: it knows no such letters`,
    )
  }
  return Uint8Array.from(found)
}

function bytesOf(encoding: string): ReadonlyMap<string, number> {
  const decoder = new TextDecoder(encoding)
  return new Map(
    Array.from({ length: 224 }, (_, at) => [decoder.decode(Uint8Array.of(at + 32)), at + 32]),
  )
}
