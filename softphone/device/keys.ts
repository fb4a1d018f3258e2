import { DeviceError } from './errors.ts'

export const KEY_MS = 100
export const GAP_MS = 70
const PAUSE_MS = 500
const MOST_KEYS = 256
const KEYS = /^[0-9*#A-D,w]+$/i

/** Keys to press at once, then how long to wait before the next ones. */
export interface KeyStroke {
  readonly keys: string
  readonly thenMs: number
}

/** @throws DeviceError `invalid-argument` for anything but 1 to 256 of 0-9, *, #, A-D, `,` and `w`. */
export function keyStrokes(digits: string): KeyStroke[] {
  if (!KEYS.test(digits) || digits.length > MOST_KEYS) {
    throw new DeviceError(
      'invalid-argument',
      'Digits are 1 to 256 of 0-9, *, #, A-D, and "," or "w" for a pause.',
    )
  }
  return [...digits.matchAll(/([^,w]*)([,w]*)/gi)].flatMap(([whole, keys = '', pauses = '']) =>
    whole === ''
      ? []
      : [{ keys, thenMs: keys.length * (KEY_MS + GAP_MS) + pauses.length * PAUSE_MS }],
  )
}
