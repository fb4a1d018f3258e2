/**
 * The telephone-event payload (RFC 4733 section 2.3): four bytes.
 *
 *     |     event     |E|R| volume    |          duration             |
 */

export const TELEPHONE_EVENT_BYTES = 4
/** The largest duration one packet can tell; longer presses are split (section 2.5.1.3). */
export const MAX_EVENT_DURATION = 0xffff

const EVENT_DIGITS = '0123456789*#ABCD'

/** The key of an event code 0 to 15; '' for flash and everything else that is no key. */
export function digitOfEvent(event: number): string {
  return EVENT_DIGITS.charAt(event)
}

/** The event code of one key, or -1. */
export function eventOfDigit(digit: string): number {
  return digit.length === 1 ? EVENT_DIGITS.indexOf(digit.toUpperCase()) : -1
}

/** Writes one payload; `durationSamples` is in timestamp units. */
export function writeTelephoneEvent(
  out: Uint8Array,
  offset: number,
  event: number,
  end: boolean,
  volume: number,
  durationSamples: number,
): number {
  out[offset] = event
  out[offset + 1] = (end ? 0x80 : 0) | (volume & 0x3f)
  out[offset + 2] = durationSamples >>> 8
  out[offset + 3] = durationSamples
  return TELEPHONE_EVENT_BYTES
}
