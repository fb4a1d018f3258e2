/** What tells to which dialog a message belongs. */
export interface Traced {
  readonly isRequest: boolean
  readonly sipCallId: string
  /** Empty without one. */
  readonly fromTag: string
  readonly toTag: string
}

interface Field {
  /** As nearly everybody writes it. */
  readonly usual: string
  readonly line: RegExp
}

const field = (name: string, short: string): Field => ({
  usual: `\n${name}: `,
  line: new RegExp(
    `\\n(?:${name}|${short})[ \\t]*:[ \\t]*([^\\r\\n]*(?:\\r?\\n[ \\t][^\\r\\n]*)*)`,
    'i',
  ),
})

const callId = field('Call-ID', 'i')
const from = field('From', 'f')
const to = field('To', 't')

/** Undefined for a message without a Call-ID. */
export function readTraced(raw: string): Traced | undefined {
  const head = headOf(raw)
  const sipCallId = fieldOf(head, callId)
  if (!sipCallId) return undefined
  return {
    isRequest: !raw.startsWith('SIP/2.0 '),
    sipCallId,
    fromTag: tagOf(fieldOf(head, from)),
    toTag: tagOf(fieldOf(head, to)),
  }
}

/** Of the headers: a body may hold another message (message/sipfrag). Undefined without one. */
export const sipCallIdOf = (raw: string): string | undefined =>
  fieldOf(headOf(raw), callId) || undefined

function headOf(raw: string): string {
  const bodyAt = raw.indexOf('\r\n\r\n')
  return bodyAt < 0 ? raw : raw.slice(0, bodyAt)
}

function fieldOf(head: string, { usual, line }: Field): string {
  const start = head.indexOf(usual)
  if (start < 0) return line.exec(head)?.[1]?.trim() ?? ''
  const end = head.indexOf('\r', start + usual.length)
  const isFolded = end >= 0 && (head[end + 2] === ' ' || head[end + 2] === '\t')
  if (isFolded) return line.exec(head)?.[1]?.trim() ?? ''
  return head.slice(start + usual.length, end < 0 ? undefined : end).trim()
}

/** A name that is shown, and the URI, may hold what looks like a tag; neither stands behind the last `>`. */
function tagOf(address: string): string {
  const params = address.slice(address.lastIndexOf('>') + 1)
  return /;\s*tag\s*=\s*([^;,\s]+)/i.exec(params)?.[1] ?? ''
}
