import type { RecordingId } from '../../../core/ids.ts'
import { amountText } from '../../../core/money/decimal.ts'

export { isoTime, readTime } from '../../times.ts'

/** Values as this API writes them. */

/** Where a recording's audio is, below the public address. */
export const recordingPath = (id: RecordingId): string => `/v1/voice/recordings/${id}`
export const recordingMediaPath = (id: RecordingId): string => `${recordingPath(id)}/media`

/** Micro-units as a decimal string with at least two places; a charge is negative. */
export const chargeText = (micro: number): string => amountText(0 - micro)

/**
 * A number as somebody typed it, for looking it up: separators go, and a plus that the query string
 * turned into a space comes back. Anything that is not a number stays as it is.
 */
export function normaliseNumber(text: string): string {
  const bare = text.replace(/^ (?=\d)/, '+').trim()
  return /^\+[\d ().-]+$/.test(bare) ? `+${bare.replaceAll(/\D/g, '')}` : bare
}

/** `endReason` as `end_reason`, in rows too: the engine's names in this API's spelling; values stay. */
export const snakeKeys = (data: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      Array.isArray(value) ? value.map(snakeRow) : value,
    ]),
  )

const snakeRow = (row: unknown): unknown =>
  typeof row === 'object' && row !== null && !Array.isArray(row) ? snakeKeys({ ...row }) : row
