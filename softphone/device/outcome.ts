import { sentenceFor } from './errors.ts'
import type { CallEnd } from './types.ts'

/** How a call ended, told once: the first to know says it. */
export class Outcome {
  #end: CallEnd | undefined

  get end(): CallEnd {
    return this.#end ?? { by: 'remote', reason: 'The call is over.' }
  }

  local(reason = 'You ended the call.'): void {
    this.#end ??= { by: 'local', reason }
  }

  remote(reason = 'The other side ended the call.'): void {
    this.#end ??= { by: 'remote', reason }
  }

  /** The caller's CANCEL, and its header Reason if it has one. */
  canceled(header: string | undefined): void {
    if (isCompletedElsewhere(header)) {
      const reason = 'Another of your phones took the call.'
      this.#end ??= { by: 'remote', answeredElsewhere: true, reason }
    } else this.remote(reasonText(header) ?? 'The caller gave up.')
  }

  status(sipStatus: number): void {
    this.#end ??= { by: 'remote', sipStatus, reason: sentenceFor(sipStatus) }
  }

  failure(reason: string): void {
    this.#end ??= { by: 'failure', reason }
  }
}

/** The text of a header Reason (RFC 3326): `SIP;cause=200;text="answered elsewhere"`. */
export const reasonText = (header: string | undefined): string | undefined =>
  /text="([^"]+)"/i.exec(header ?? '')?.[1]

/** RFC 3326: a CANCEL for a request that was answered with 200 by somebody else. */
const isCompletedElsewhere = (header: string | undefined): boolean =>
  /(?:^|,)\s*SIP\s*;[^,]*\bcause\s*=\s*200\b/i.test(header?.replace(/"[^"]*"/g, '') ?? '')
