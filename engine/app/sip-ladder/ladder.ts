import type { CallRecord } from '../../core/call.ts'
import type { CallId } from '../../core/ids.ts'
import type { SipPlace, SipTrace, TracedMessage } from '../../core/ports/trace.ts'

/** One SIP message of a call, read as far as a drawing needs it. */
export interface LadderRow {
  readonly callId: CallId
  readonly message: TracedMessage
  /** Since the first message. */
  readonly offsetMs: number
  /** Of a request its own, of a response that of its CSeq; empty when it cannot be read. */
  readonly method: string
  /** Of a response. */
  readonly status: number | undefined
  readonly reason: string
  /** Text for an arrow: `INVITE (sdp)`, `200 OK (INVITE, sdp)`. */
  readonly label: string
  /** The same bytes went the same way before. */
  readonly isRepeated: boolean
  /** Numbers into `columns`. */
  readonly from: number
  readonly to: number
  /** Number into `dialogs`. */
  readonly dialog: number
}

export interface LadderDialog {
  readonly sipCallId: string
  readonly callId: CallId
}

/** The SIP messages of a call and of those that it dialed, as arrows between columns. */
export interface Ladder {
  readonly callId: CallId
  /** Whether messages are kept at all. */
  readonly isOn: boolean
  /** Some messages found no room, or not any more. */
  readonly truncated: boolean
  /** Of the first message; undefined without any. */
  readonly startMs: number | undefined
  /** `address:port` of each peer, and the engine itself where the text is `Ringdown`. */
  readonly columns: readonly string[]
  /** By their first message. */
  readonly dialogs: readonly LadderDialog[]
  readonly rows: readonly LadderRow[]
}

export const engineColumn = 'Ringdown'

/** `[2001:db8::1]:5060`; empty where the address is not known. */
export const placeText = ({ address, port }: SipPlace): string => {
  if (address === '') return '?'
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}

/** The call comes first, then those that it dialed. */
export function ladderOf(
  [call, ...dialed]: readonly [CallRecord, ...CallRecord[]],
  trace: SipTrace,
): Ladder {
  const traced = [call, ...dialed].map((one) => ({ one, told: trace.ofCall(one.id) }))
  const all = traced
    .flatMap(({ one, told }) => (told?.messages ?? []).map((message) => ({ id: one.id, message })))
    .sort((a, b) => a.message.atMs - b.message.atMs)
  const columns = columnsOf(all.map(({ message }) => message))
  const startMs = all[0]?.message.atMs
  const dialogs: LadderDialog[] = []
  const numberOf = new Map<string, number>()
  const seen = new Set<string>()
  const rows = all.map(({ id, message }) => {
    const dialog = numberOf.get(message.sipCallId) ?? dialogs.length
    if (dialog === dialogs.length) dialogs.push({ sipCallId: message.sipCallId, callId: id })
    numberOf.set(message.sipCallId, dialog)
    const way = `${message.direction} ${placeText(message.remote)} ${message.raw}`
    const isRepeated = seen.has(way)
    seen.add(way)
    const own = columns.indexOf(engineColumn)
    const peer = columns.indexOf(placeText(message.remote))
    const [from, to] = message.direction === 'in' ? [peer, own] : [own, peer]
    const offsetMs = message.atMs - (startMs ?? 0)
    return {
      callId: id,
      message,
      offsetMs,
      ...readStart(message.raw),
      isRepeated,
      from,
      to,
      dialog,
    }
  })
  const isMissing = ({ one, told }: (typeof traced)[number]): boolean =>
    told === undefined ? one.sipCallId !== null : told.truncated
  const truncated = trace.isOn && traced.some(isMissing)
  return { callId: call.id, isOn: trace.isOn, truncated, startMs, columns, dialogs, rows }
}

/** Whoever came first stands left of the engine if he called, or if there are others for its right. */
function columnsOf(messages: readonly TracedMessage[]): string[] {
  const [first] = messages
  if (first === undefined) return []
  const [one = '', ...others] = new Set(messages.map(({ remote }) => placeText(remote)))
  const isLeft = first.direction === 'in' || others.length > 0
  return isLeft ? [one, engineColumn, ...others] : [engineColumn, one]
}

type Start = Pick<LadderRow, 'method' | 'status' | 'reason' | 'label'>

function readStart(raw: string): Start {
  const end = raw.indexOf('\r\n')
  const line = end < 0 ? raw : raw.slice(0, end)
  const sdp = /\n(?:content-type|c)[ \t]*:[ \t]*application\/sdp/i.test(raw) ? ['sdp'] : []
  const response = /^SIP\/2\.0 (\d{3}) ?(.*)$/i.exec(line)
  if (response === null) {
    const method = /^([\w.!%*+`'~-]{1,32}) /.exec(line)?.[1] ?? ''
    const label = `${method || 'unreadable'}${inBrackets(sdp)}`
    return { method, status: undefined, reason: '', label }
  }
  const status = Number(response[1])
  const reason = readable(response[2] ?? '')
  const method = /\nCSeq[ \t]*:[ \t]*\d+[ \t]+([\w.!%*+`'~-]{1,32})/i.exec(raw)?.[1] ?? ''
  const about = [...(method === 'INVITE' && sdp.length === 0 ? [] : [method]), ...sdp]
  const label = `${status} ${reason}`.trim() + inBrackets(about.filter((word) => word !== ''))
  return { method, status, reason, label }
}

const inBrackets = (words: readonly string[]): string =>
  words.length === 0 ? '' : ` (${words.join(', ')})`

/** A byte string from a stranger as one line of text. */
const readable = (bytes: string): string =>
  Buffer.from(bytes, 'latin1').toString('utf8').replace(/\p{C}/gu, '?').slice(0, 80)
