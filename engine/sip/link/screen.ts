/**
 * What to do with a frame of the control protocol before the library sees it. The library prints what it
 * cannot parse, answers nothing, and takes the fields of the first line on trust, although the dialog id
 * there holds a stranger's Call-ID.
 */
export type Verdict =
  | { readonly is: 'good' }
  /** A request that can only be answered by 400. */
  | { readonly is: 'refuse'; readonly transactionId: string }
  /** The server ended a dialog by a BYE that does not parse. */
  | { readonly is: 'ended'; readonly dialogId: string }
  | { readonly is: 'drop' }

export interface Parsed {
  readonly callId: string
}

const bareLineEnd = /\r(?!\n)|(?<!\r)\n/
const good: Verdict = { is: 'good' }
const drop: Verdict = { is: 'drop' }

/** `parse` is the library's own parser; it throws. Fields by position: protocol section 3. */
export function screen(frame: string, parse: (text: string) => Parsed): Verdict {
  const end = frame.indexOf('\r')
  const fields = (end < 0 ? frame : frame.slice(0, end)).split('|')
  if (fields[1] === 'response' || fields[1]?.startsWith('cdr:')) return good
  if (fields[1] !== 'sip' || end < 0) return drop
  const text = frame.slice(end + 2)
  const transactionId = fields[8] ?? ''
  const dialogId = fields[9] ?? ''
  // A bare CR in somebody's Call-ID would end the line too early, and what follows would be his to write.
  if (frame[end + 1] !== '\n') return refusalOf(text, transactionId)
  if (parses(text, dialogId, parse)) return good
  return transactionId === 'unsolicited'
    ? { is: 'ended', dialogId }
    : refusalOf(text, transactionId)
}

/**
 * The frame as the library may read it. It looks for the parts of a body with patterns that take
 * seconds over a hostile one, but only where it reads `multipart/` in these very letters; media types
 * are the same in any (RFC 2045 section 5.1), and the body is left as it is.
 */
export function tamed(frame: string): string {
  const end = frame.indexOf('\r\n\r\n')
  const head = end < 0 ? frame : frame.slice(0, end)
  return head.includes('multipart/')
    ? head.replaceAll('multipart/', 'Multipart/') + frame.slice(head.length)
    : frame
}

function parses(text: string, dialogId: string, parse: (text: string) => Parsed): boolean {
  // Our responses repeat these headers, and lines that end by half would spoil them too.
  if (bareLineEnd.test(text.split('\r\n\r\n', 1)[0]!)) return false
  try {
    const { callId } = parse(tamed(text))
    return dialogId === '' || dialogId.startsWith(`${callId.trim()};from-tag=`)
  } catch {
    return false
  }
}

/** Responses and ACK cannot be answered. */
function refusalOf(text: string, transactionId: string): Verdict {
  const unanswerable = /^(?:SIP\/|ACK\s)/i.test(text) || transactionId === ''
  return unanswerable ? drop : { is: 'refuse', transactionId }
}
