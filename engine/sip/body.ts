import type { MessageIn } from './link/link.ts'

export const mediaType = (value: string | undefined): string =>
  (value ?? '').split(';')[0]!.trim().toLowerCase()

/** The session description of a message, also out of a multipart body; undefined when it has none. */
export function sdpOf(message: MessageIn): string | undefined {
  if (message.body.trim() === '') return undefined
  const contentType = message.header('content-type')
  const type = mediaType(contentType)
  if (type === 'application/sdp' || (type === '' && message.body.startsWith('v=0'))) {
    return message.body
  }
  return type.startsWith('multipart/') ? sdpPart(message.body, contentType!) : undefined
}

/** RFC 2046 section 5.1.1: parts lie between lines of `--boundary`. */
function sdpPart(body: string, contentType: string): string | undefined {
  const boundary = /boundary="?([^";]{1,70})"?/i.exec(contentType)?.[1]
  if (boundary === undefined) return undefined
  for (const part of `\r\n${body}`.split(`\r\n--${boundary}`).slice(1)) {
    const end = part.indexOf('\r\n\r\n')
    const type = /^content-type:\s*(.*)$/im.exec(part.slice(0, end))?.[1]
    if (end >= 0 && mediaType(type) === 'application/sdp') return `${part.slice(end + 4)}\r\n`
  }
  return undefined
}

/** True when there is a body of which we can make nothing: 415. */
export const isForeignBody = (message: MessageIn): boolean =>
  message.body.trim() !== '' && sdpOf(message) === undefined

export interface InfoDigit {
  readonly digit: string
  readonly durationMs: number
}

const defaultDurationMs = 160
const maxDtmfLength = 256

/**
 * A key press in an INFO: `application/dtmf-relay` (Signal= and Duration= lines) or `application/dtmf`
 * (the key itself). `notDtmf` for other types, undefined for a body that names no key.
 */
export function infoDigitOf(message: MessageIn): InfoDigit | 'notDtmf' | undefined {
  const type = mediaType(message.header('content-type'))
  if (!type.startsWith('application/dtmf')) return 'notDtmf'
  if (message.body.length > maxDtmfLength) return undefined
  if (type === 'application/dtmf-relay') {
    const digit = keyOf(/^[ \t]*signal[ \t]*=[ \t]*(\S{1,2})\s*$/im.exec(message.body)?.[1])
    const durationMs = Number(
      /^[ \t]*duration[ \t]*=[ \t]*(\d{1,5})\s*$/im.exec(message.body)?.[1] ?? 0,
    )
    return digit === undefined ? undefined : { digit, durationMs: durationMs || defaultDurationMs }
  }
  if (type !== 'application/dtmf') return 'notDtmf'
  const digit = keyOf(message.body.trim())
  return digit === undefined ? undefined : { digit, durationMs: defaultDurationMs }
}

/** Some phones write `*` and `#` as their RFC 4733 event codes. */
const codes: Readonly<Record<string, string>> = {
  '10': '*',
  '11': '#',
  '12': 'A',
  '13': 'B',
  '14': 'C',
  '15': 'D',
}

function keyOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  if (/^[0-9A-D*#]$/i.test(text)) return text.toUpperCase()
  return codes[text]
}
