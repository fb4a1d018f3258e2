/** The parts of drachtio-srf that the scenarios use, as they are; its own typings lack half of them. */
import { createRequire } from 'node:module'

export interface SipMessage {
  readonly method: string
  readonly status: number
  readonly reason: string
  readonly uri: string
  readonly body: string
  readonly stackTxnId: string
  readonly protocol: string
  readonly source_address: string
  readonly source_port: string
  get(name: string): string | undefined
  getParsedHeader(name: string): { readonly params: Readonly<Record<string, string>> }
}

export interface SrfRequest extends SipMessage {
  readonly srf: Srf
  on(event: 'response', handler: (res: SipMessage, ack: (parts?: object) => void) => void): void
  on(event: 'cancel', handler: (cancel: SipMessage) => void): void
  on(event: 'update', handler: Handler): void
  cancel(callback: (err: Error | null, sent: SipMessage) => void): void
  cancel(parts: MessageParts, callback: (err: Error | null, sent: SipMessage) => void): void
}

export interface MessageParts {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: string
  readonly auth?: { readonly username: string; readonly password: string }
  readonly stackDialogId?: string
}

type SendCallback = (err: string | Error | null, sent: SipMessage) => void

export interface SrfResponse {
  finished: boolean
  send(
    status: number,
    parts?: MessageParts | SendCallback,
    callback?: SendCallback | null,
    onPrack?: (prack: SipMessage) => void,
  ): void
  send(status: number, reason: string, parts: MessageParts, callback?: SendCallback): void
}

export type Handler = (req: SrfRequest, res: SrfResponse, next: () => void) => unknown

export interface Dialog {
  readonly id: string
  readonly dialogType: string
  readonly sip: { readonly callId: string; readonly localTag: string; readonly remoteTag: string }
  readonly local: { readonly uri: string; readonly sdp: string; readonly contact: string }
  readonly remote: { readonly uri: string; readonly sdp: string }
  handle: (req: SrfRequest, res: SrfResponse) => void
  on(event: 'destroy', handler: (message: SipMessage, reason: string) => unknown): void
  on(event: 'ack' | 'refresh' | 'hold' | 'unhold', handler: (message: SipMessage) => unknown): void
  on(event: string, handler: Handler): void
  destroy(parts?: MessageParts): Promise<SipMessage>
  modify(sdpOrHold: string): Promise<unknown>
  request(parts: MessageParts): Promise<SipMessage>
}

export interface CallParts extends MessageParts {
  readonly localSdp?: string
  readonly callingNumber?: string
  readonly proxy?: string
  readonly noAck?: boolean
  readonly followRedirects?: boolean
}

export interface CallProgress {
  readonly cbRequest?: (err: Error | null, req: SrfRequest) => void
  readonly cbProvisional?: (res: SipMessage) => void
}

export interface ProxyParts {
  readonly recordRoute?: boolean
  readonly forking?: 'sequential' | 'simultaneous'
  readonly provisionalTimeout?: string
  readonly followRedirects?: boolean
}

export interface ProxyResult {
  readonly connected: boolean
  readonly finalStatus: number
}

export interface ConnectParts {
  readonly host: string
  readonly port: number
  readonly secret: string
  readonly enablePing?: boolean
  readonly pingInterval?: number
  readonly reconnect?: { readonly maxAttempts?: number; readonly retryMaxDelay?: number }
}

export interface Srf {
  readonly idle: boolean
  invite(handler: Handler): void
  register(handler: Handler): void
  options(handler: Handler): void
  message(handler: Handler): void
  info(handler: Handler): void
  bye(handler: Handler): void
  update(handler: Handler): void
  notify(handler: Handler): void
  refer(handler: Handler): void
  prack(handler: Handler): void
  subscribe(handler: Handler): void
  publish(handler: Handler): void
  cancel(handler: Handler): void
  ack(handler: Handler): void
  on(
    event: 'connect',
    handler: (err: Error | null, hostPort: string, version: string) => void,
  ): void
  on(event: 'error', handler: (err: Error) => void): void
  on(event: 'close', handler: () => void): void
  on(event: 'reconnecting', handler: (info: { attempt: number; delay: number }) => void): void
  on(event: string, handler: (...facts: readonly (string | SipMessage)[]) => void): void
  connect(parts: ConnectParts): unknown
  listen(parts: ConnectParts, callback: () => void): void
  close?(callback: () => void): void
  disconnect(): void
  endSession(req: SrfRequest): void
  unregisterForMessages(verb: string): void
  reregisterForMessages(verb: string): void
  request(
    uri: string,
    parts: MessageParts,
    callback: (err: Error | null, req: SrfRequest) => void,
  ): void
  createUAS(req: SrfRequest, res: SrfResponse, parts: CallParts): Promise<Dialog>
  createUAS(
    req: SrfRequest,
    res: SrfResponse,
    parts: CallParts,
    callback: (err: Error | null, dialog?: Dialog) => void,
  ): void
  createUAC(uri: string, parts: CallParts & { noAck: true }): Promise<LateOffer>
  createUAC(uri: string, parts: CallParts, progress?: CallProgress): Promise<Dialog>
  createB2BUA(
    req: SrfRequest,
    res: SrfResponse,
    uri: string,
    parts: { readonly proxyRequestHeaders: string[]; readonly proxyResponseHeaders: string[] },
  ): Promise<{ uas: Dialog; uac: Dialog }>
  proxyRequest(
    req: SrfRequest,
    destination: string | readonly string[],
    parts?: ProxyParts,
  ): Promise<ProxyResult>
}

export interface LateOffer {
  readonly sdp: string
  ack(sdp: string): Promise<Dialog>
}

type SrfConstructor = new (tags?: readonly string[]) => Srf

export const Srf = createRequire(import.meta.url)('drachtio-srf') as SrfConstructor
