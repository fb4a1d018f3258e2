import type { Context } from '../context.ts'
import type { SipMessage } from '../message/message.ts'
import type { Peer } from '../transport/peer.ts'

let lastMs = Number.NaN
let lastTime = ''

/** UTC time of day, `HH:MM:SS.uuuuuu`. Many frames are made within one millisecond. */
export const wireTime = (nowMs: number): string => {
  if (nowMs !== lastMs) {
    lastTime = `${new Date(nowMs).toISOString().slice(11, 23)}000`
    lastMs = nowMs
  }
  return lastTime
}

export interface Meta {
  readonly source: 'network' | 'application'
  readonly bytes: number
  readonly protocol: string
  readonly address: string
  readonly port: number
}

type Base = Pick<Context, 'clock' | 'random'>

const metaText = ({ clock }: Base, m: Meta): string =>
  `${m.source}|${m.bytes}|${m.protocol}|${m.address}|${m.port}|${wireTime(clock.nowMs())}`

export const receivedMeta = (message: SipMessage, peer: Peer): Meta => ({
  source: 'network',
  bytes: message.bytes,
  protocol: peer.protocol,
  address: peer.address,
  port: peer.port,
})

export interface SipFrame {
  readonly meta: Meta
  readonly txnId: string
  readonly dialogId: string
  /** `address|port|` of the socket, on a new request only */
  readonly receivedOn?: string
  readonly text: string
}

/** A message for the application: request, response, or a BYE that we sent ourselves. */
export const sipFrame = (base: Base, frame: SipFrame): string => {
  const { meta, txnId, dialogId, receivedOn = '', text } = frame
  const head = `${base.random.uuid()}|sip|${metaText(base, meta)}`
  return `${head}|${txnId}|${dialogId}|${receivedOn}\r\n${text}`
}

/** `OK`, `NO` or `NOK` with an optional text. */
export const shortAnswer = (
  { random }: Pick<Base, 'random'>,
  id: string,
  verdict: 'OK' | 'NO' | 'NOK',
  ...rest: readonly string[]
): string => [random.uuid(), 'response', id, verdict, ...rest].join('|')

/** Answer to a request frame: the request as sent. */
export const requestSent = (
  base: Base,
  id: string,
  sent: { readonly meta: Meta; readonly txnId: string; readonly text: string },
): string => {
  const head = `${base.random.uuid()}|response|${id}|OK|${metaText(base, sent.meta)}`
  return `${head}|${sent.txnId}|Msg sent:|\r\n${sent.text}`
}

/** Answer to a response frame: the response as sent. */
export const responseSent = (
  base: Base,
  id: string,
  sent: {
    readonly meta: Meta
    readonly txnId: string
    readonly dialogId: string
    readonly text: string
  },
): string => {
  const head = `${base.random.uuid()}|response|${id}|OK|${metaText(base, sent.meta)}`
  return `${head}|${sent.txnId}|${sent.dialogId}||Msg sent:|\r\n${sent.text}`
}

/** Progress of a proxy command: the final response of one branch; more may follow. */
export const proxyProgress = (
  base: Base,
  id: string,
  final: { readonly meta: Meta; readonly text: string },
): string => {
  const head = `${base.random.uuid()}|response|${id}|OK|${metaText(base, final.meta)}`
  return `${head}|||continue\r\n${final.text}`
}
