import { symbol } from './lanes.ts'
import { normaliseText, startLine } from './normalise-sip.ts'
import type { PortNames } from './ports.ts'

const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/
const timeOfDay = /^\d\d:\d\d:\d\d\.\d{6}$/

/**
 * One line for a control frame: its fields, with the sizes, times and ports named, then the start
 * line of the SIP message that it carries. The server's own frame id is left out.
 */
export function normaliseFrame(payload: string, toServer: boolean, portNames: PortNames): string {
  const cut = payload.search(/\r\n/)
  const line = cut < 0 ? payload : payload.slice(0, cut)
  const sip = cut < 0 ? '' : payload.slice(cut + 2).trimStart()
  const fields = line.split('|')
  const start = sip ? startLine(sip, portNames) : ''
  const named = nameFields(fields, portNames)
  const shown = toServer ? commandFields(named) : eventFields(named, start)
  return (start ? `${shown} + ${start}` : shown).trimEnd()
}

/** Which secret is the right one depends on the server under test. */
function commandFields(fields: readonly string[]): string {
  if (fields[1] !== 'authenticate' || fields[2] === 'wrong') return fields.join('|')
  return fields.with(2, 'secret').join('|')
}

function eventFields([, ...fields]: readonly string[], start: string): string {
  const source = fields.findIndex((field) => field === 'network' || field === 'application')
  const named = [...fields]
  if (source >= 0) {
    named[source + 1] = named[source + 1] === '0' ? '0' : 'size'
    // v0.9.10 leaves the protocol of ACKs and of some answers empty; that is not worth copying.
    if (fields[0] === 'response' || start.startsWith('ACK ')) named[source + 2] = 'transport'
  }
  if (fields[0] === 'response' && fields[2] === 'OK' && /^\S+\/\S+:\d+/.test(fields[3] ?? ''))
    return named.map(hostPorts).join('|')
  return named.join('|')
}

function hostPorts(field: string): string {
  return field.includes('/') ? field.split(',').sort().join(',') : field
}

function nameFields(fields: readonly string[], portNames: PortNames): string[] {
  return fields.map((field, index) => {
    const before = fields[index - 1]
    if (uuid.test(field)) return symbol('id', field)
    if (timeOfDay.test(field)) return 'time'
    if (/^v\d+\.\d+\.\d+/.test(field)) return 'version'
    if (/^\d+$/.test(field) && /^\d+\.\d+\.\d+\.\d+$/.test(before ?? ''))
      return portNames(Number(field)) ?? 'port'
    const dialog = /^(.*);from-tag=(.*)$/.exec(field)
    if (dialog) return `${symbol('call', dialog[1] ?? '')};${symbol('tag', dialog[2] ?? '')}`
    return normaliseText(field, portNames)
  })
}
