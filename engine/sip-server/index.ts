/**
 * The embedded SIP server: a SIP stack of its own that speaks the drachtio control protocol, so
 * that the client library drachtio-srf works on it as on a drachtio server. Its parser and
 * printer are exported for other SIP programs of the project.
 */
export type { Clock } from './clock.ts'
export type { LogEvent } from './context.ts'
export type { DropCause } from './counters.ts'
export { type Address, parseAddress, tagOf } from './message/address.ts'
export { type CSeq, parseCSeq } from './message/cseq.ts'
export { messageLimits } from './message/limits.ts'
export type { SipMessage } from './message/message.ts'
export { param, splitList } from './message/params.ts'
export { parseMessage } from './message/parse.ts'
export { type Draft, type Field, printMessage } from './message/print.ts'
export { reasonPhrase } from './message/reasons.ts'
export { type ResponseParts, responseText } from './message/respond.ts'
export { MessageStream, type Piece } from './message/stream.ts'
export { byteString, fromWire, toWire, utf8 } from './message/text.ts'
export { parseUri, type SipUri } from './message/uri.ts'
export { parseVia, type Via } from './message/via.ts'
export type { Random } from './random.ts'
export {
  type ConnectionPlace,
  type SipServer,
  type SipServerOptions,
  type SipServerStats,
  startSipServer,
} from './server.ts'
export { startInWorker, type WorkerSipServer } from './start-in-worker.ts'
export { defaultTiming, type Timing } from './timing.ts'
export type { WireBatch, WireMessage } from './trace-batch.ts'
export { LocalAddress } from './transport/local-address.ts'
export type { TlsOptions, WsOptions } from './transport/transports.ts'
export type { Trust } from './transport/wire.ts'
