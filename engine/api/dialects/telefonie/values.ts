import type { RecordingId } from '../../../core/ids.ts'

export { isoTime, readTime } from '../../times.ts'

/** Values as this API writes them. */

/** Where a recording's audio is, below the public address. */
export const recordingMediaPath = (id: RecordingId): string => `/v1/voice/recordings/${id}/media`

/** Micro-units as a decimal string with at least two places; a charge is negative. */
export function chargeText(micro: number): string {
  const [units, fraction] = (micro / 1_000_000).toFixed(6).split('.') as [string, string]
  const places = fraction.replace(/0+$/, '').padEnd(2, '0')
  return `${micro > 0 ? '-' : ''}${units}.${places}`
}

/** The currency of the shipped rates. */
export const priceUnit = 'AUD'

/**
 * A number as somebody typed it, for looking it up: separators go, and a plus that the query string
 * turned into a space comes back. Anything that is not a number stays as it is.
 */
export function normaliseNumber(text: string): string {
  const bare = text.replace(/^ (?=\d)/, '+').trim()
  return /^\+[\d ().-]+$/.test(bare) ? `+${bare.replaceAll(/\D/g, '')}` : bare
}

/** `endReason` as `end_reason`: the engine's names in this API's spelling; values stay. */
export const snakeKeys = (data: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  )
