import { splitMessage } from './normalise-sip.ts'
import type { Recording } from './recording.ts'

/**
 * Rules that every recording of a correct server obeys, whatever the scenario: frame shapes, and
 * that the SIP text in a frame is the text on the wire.
 */
export function breaches(recording: Recording): string[] {
  const found: string[] = []
  const wire = wireTexts(recording)
  const answered = new Set<string>()
  const sids = new Set<string>()
  for (const item of recording.items) {
    if (item.kind !== 'frame' || item.toServer) continue
    const { fields, sip } = splitFrame(item.payload)
    const where = `${fields.slice(1, 5).join('|')} ${sip.split('\r\n')[0] ?? ''}`
    if (sids.has(fields[0] ?? '')) found.push(`frame id used twice: ${where}`)
    sids.add(fields[0] ?? '')
    if (!/^[0-9a-f-]{36}$/.test(fields[0] ?? '')) found.push(`frame id is not a UUID: ${where}`)
    if (fields[1] === 'sip') checkEvent(fields, sip, { wire, answered, found, where })
    else if (fields[1] === 'response') checkAnswer(fields, sip, { wire, answered, found, where })
    else if (!/^cdr:(attempt|start|stop)$/.test(fields[1] ?? ''))
      found.push(`unknown frame kind: ${where}`)
  }
  return found
}

interface Context {
  readonly wire: ReadonlySet<string>
  /** Transactions that an answer frame has named. */
  readonly answered: Set<string>
  readonly found: string[]
  readonly where: string
}

function splitFrame(payload: string): { fields: string[]; sip: string } {
  const cut = payload.indexOf('\r\n')
  const line = cut < 0 ? payload : payload.slice(0, cut)
  return { fields: line.split('|'), sip: cut < 0 ? '' : payload.slice(cut + 2) }
}

const time = /^\d\d:\d\d:\d\d\.\d{6}$/

function checkEvent(fields: readonly string[], sip: string, context: Context): void {
  const { wire, answered, found, where } = context
  const [, , source, size, protocol, , , at, transaction, dialog] = fields
  if (!time.test(at ?? '')) found.push(`time "${at}": ${where}`)
  if (source === 'network' && size !== '0') {
    if (!/^(udp|tcp|tls)$/.test(protocol ?? '')) found.push(`protocol "${protocol}": ${where}`)
    if (!wire.has(canonical(sip))) found.push(`not as received: ${where}`)
  }
  if (sip.startsWith('SIP/2.0') && source === 'network' && !answered.has(transaction ?? ''))
    found.push(`response before the answer to its request: ${where}`)
  if (dialog && !dialog.startsWith(`${callId(sip)};from-tag=`))
    found.push(`dialog id "${dialog}" of another call: ${where}`)
}

function checkAnswer(fields: readonly string[], sip: string, context: Context): void {
  const { wire, answered, found, where } = context
  const [, , , verdict, source, size, , , , at, transaction] = fields
  if (verdict !== 'OK' || source !== 'application') return
  answered.add(transaction ?? '')
  if (!time.test(at ?? '')) found.push(`time "${at}": ${where}`)
  if (!fields.includes('Msg sent:')) found.push(`no "Msg sent:": ${where}`)
  if (size !== '0' && !wire.has(canonical(sip))) found.push(`not as sent: ${where}`)
}

const callId = (sip: string): string =>
  /^(?:Call-ID|i)\s*:\s*(.*?)\r?$/im.exec(sip)?.[1]?.trim() ?? ''

function wireTexts(recording: Recording): Set<string> {
  const texts = new Set<string>()
  for (const item of recording.items) if (item.kind === 'sip') texts.add(canonical(item.text))
  return texts
}

/** The message without what a receiver adds to the top Via. */
function canonical(sip: string): string {
  const { start, headers, body } = splitMessage(sip)
  const kept = headers.map((header) =>
    /^(via|v)\s*:/i.test(header) ? header.replace(/;(received|rport)(=[^;,\s]*)?/g, '') : header,
  )
  return [start, ...kept, '', body.trimEnd()].join('\n').replace(/\r/g, '')
}
