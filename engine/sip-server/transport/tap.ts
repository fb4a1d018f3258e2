import type { Place, Protocol } from './peer.ts'

/**
 * Hears every SIP message as it goes over the wire, both ways, repetitions too. Called on the hot path:
 * it must be quick and must not throw. `text` is a byte string.
 */
export type Tap = (
  sent: boolean,
  protocol: Protocol,
  local: Place,
  remote: Place,
  text: string,
) => void

/** Keep-alives (RFC 5626 section 4.4.1) are no messages: a start line is longer than that. */
export const isMessage = (text: string): boolean => text.length > 12
