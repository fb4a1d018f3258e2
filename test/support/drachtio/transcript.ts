import type { Recorded, Recording } from './recording.ts'

/**
 * Reads a transcript of the real server as written by the recording program: blocks that begin
 * with `[ seconds] who --> whom (proto port>port, n bytes)` or `[ seconds] APP1 ==> SRV`, the
 * content indented by four blanks.
 */
export function readTranscript(text: string): Recording {
  const blocks = text.split(/\n(?=\[ *\d+\.\d{3}\] )/).filter((block) => block.startsWith('['))
  const base = scenarioBase(text)
  const parties = partyNames(text, base)
  const items: Recorded[] = []
  for (const block of blocks) {
    const item = readBlock(block, parties, items)
    const split = block.slice(0, block.indexOf('\n')).includes('(tcp ')
    if (item && !(split && continues(item, items))) items.push(item)
  }
  return { items, portNames: (port) => portName(port, base) }
}

/** A message that TCP split goes to where it began. */
function continues(item: Recorded, items: Recorded[]): boolean {
  if (item.kind !== 'sip' || /^(SIP\/2\.0 |[A-Z]+ \S+ SIP\/2\.0|")/.test(item.text)) return false
  const last = items.findLastIndex((other) => other.kind === 'sip' && other.from === item.from)
  const begun = items[last]
  if (begun?.kind !== 'sip' || /content-length/i.test(begun.text)) return false
  items[last] = { ...begun, text: begun.text.trimEnd() + item.text }
  return true
}

const firstPort = 21_000
const stride = 40
const firstPeer = 10
const lastPeer = 29

function scenarioBase(text: string): number {
  const port = /127\.0\.0\.1[:|](2[1-5]\d{3})\b/.exec(text)
  return firstPort + stride * Math.floor((Number(port?.[1] ?? firstPort) - firstPort) / stride)
}

function portName(port: number, base: number): string | undefined {
  const offset = port - base
  if (offset === 0) return 'srv'
  return offset >= firstPeer && offset <= lastPeer ? `p${offset - firstPeer}` : undefined
}

/** The recorder's words for the parties, as names of the port plan. */
function partyNames(text: string, base: number): (label: string) => string {
  const names = new Map([['SRV', 'srv']])
  for (const match of text.matchAll(/\] (.+?) --> (.+?) {2}\(\w+ (\d+)>(\d+), /g)) {
    const [, from = '', to = '', source, target] = match
    for (const [label, port] of [
      [from, source],
      [to, target],
    ] as const) {
      const name = portName(Number(port), base)
      if (name && !names.has(label)) names.set(label, name)
    }
  }
  // A port without a label is the server's own, of an outgoing TCP connection, unless it is a target.
  return (label) => names.get(label) ?? (label.startsWith('port ') ? 'srv' : label.toLowerCase())
}

function readBlock(
  block: string,
  party: (label: string) => string,
  earlier: readonly Recorded[],
): Recorded | undefined {
  const [first = '', ...rest] = block.split('\n')
  const [, seconds = '', what = ''] = /^\[ *(\d+\.\d{3})\] (.*)$/.exec(first) ?? []
  const atMs = Number(seconds) * 1000
  const text = content(rest)
  const closed = /^\.\.\. (.+): control connection: server closed/.exec(what)
  if (closed) return { kind: 'closed', atMs, connection: closed[1] ?? '' }
  const frame = /^(.+) (==>|<==) SRV$/.exec(what)
  if (frame) {
    const payload = text.replace(/^\d+#/, '')
    return {
      kind: 'frame',
      atMs,
      connection: frame[1] ?? '',
      toServer: frame[2] === '==>',
      payload,
    }
  }
  const wire = /^(.+?) --> (.+?) {2}\((.*)$/.exec(what)
  if (!wire || what.startsWith('...')) return
  const [from, to] = [party(wire[1] ?? ''), party(wire[2] ?? '')]
  const same = /^same \d+ bytes as at (\d+\.\d{3}): (.*)\)$/.exec(wire[3] ?? '')
  const shown = same ? repeated(earlier, from, to, same[1] ?? '', same[2] ?? '') : text
  return { kind: 'sip', atMs, from, to, text: shown }
}

function content(lines: readonly string[]): string {
  const shown = [...lines]
  while (shown.at(-1)?.trim() === '') shown.pop()
  const text = shown.map((line) => line.replace(/^ {4}/, '')).join('\r\n')
  return /\r\n\r\n/.test(text) ? text : `${text}\r\n\r\n`
}

function repeated(
  earlier: readonly Recorded[],
  from: string,
  to: string,
  seconds: string,
  start: string,
): string {
  const atMs = Number(seconds) * 1000
  const found = earlier.find(
    (item) =>
      item.kind === 'sip' &&
      item.from === from &&
      item.to === to &&
      Math.abs(item.atMs - atMs) < 0.5 &&
      item.text.startsWith(start),
  )
  if (found?.kind !== 'sip') throw new Error(`no message at ${seconds} from ${from}: ${start}`)
  return found.text
}
