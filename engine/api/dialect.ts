import type { Static, TSchema } from 'typebox'
import type { Failure } from '../core/failures.ts'
import type { RecordingId } from '../core/ids.ts'
import type { Account, CallDelivery, ConferenceDelivery } from '../core/ports/store.ts'
import type { TokenClaims } from '../core/ports/tokens.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'
import type { RecordingUrl, Services } from './services.ts'

/**
 * One foreign API in front of the engine: an object of routes that turn requests into our commands and
 * outcomes into its bodies. It keeps no state and does no I/O of its own; shared code never asks which
 * dialect it serves.
 */
export interface Dialect {
  readonly id: string
  /** For the documentation: what it is called, and what a reader has to know before the first request. */
  readonly title: string
  readonly description: string
  /** Path prefixes that belong to it: unknown routes below them are answered in its error shape. */
  readonly bases: readonly string[]
  readonly routes: readonly Route[]
  readonly credentials: Credentials
  /** How bodies are read, by content type; JSON is without saying. */
  readonly bodies?: readonly BodyReader[]
  /** A limit of its own for each account, beside the one of the whole API. */
  readonly requestsPerSecond?: number
  /** It does not answer over plain HTTP, unless the operator allowed that. */
  readonly needsHttps?: boolean
  /** The JSON body of a refusal, and its schema for the documentation. */
  readonly errorSchema: TSchema
  renderError(failure: Failure, requestId: string): unknown
  /** The HTTP status of a refusal where it is not the catalogue's. */
  statusOf?(failure: Failure): number
  /** Writes the webhooks of the subscriptions that were made with it. Pure; a throw is a bug. */
  renderNotice?(delivery: CallDelivery): OutgoingRequest
  /** Writes the status callbacks of calls. One dialect does. Pure; a throw is a bug. */
  renderCallback?(delivery: CallDelivery, recordingUrl: RecordingUrl): OutgoingRequest
  /** Writes the status callbacks of conferences. One dialect does. Pure; a throw is a bug. */
  renderConferenceCallback?(
    delivery: ConferenceDelivery,
    recordingUrl: RecordingUrl,
  ): OutgoingRequest
  /** A WebSocket at which its routes can be asked too. */
  readonly socket?: DialectSocket
  /** Where it serves the audio of a recording, below the public address. One dialect does. */
  recordingPath?(id: RecordingId): string
}

export interface DialectSocket {
  readonly path: string
  /** What can be followed there. */
  readonly news: NewsFeed
}

/** News of something, for as long as it is there or somebody listens. */
export interface NewsFeed {
  /** What says of which. */
  readonly params: TSchema
  /** Begins with all that there is, so that nothing is missed; resolves with how to stop. Failures of the subject. */
  begin(
    of: { readonly account: Account; readonly params: unknown },
    services: Services,
    to: { tell(event: string, data: unknown): void; end(): void },
  ): Promise<() => void>
}

/** Writes a feed with the type of its parameters, and forgets it again. */
export function newsFeed<P extends TSchema>(spec: {
  params: P
  begin(
    of: { readonly account: Account; readonly params: Static<P> },
    services: Services,
    to: { tell(event: string, data: unknown): void; end(): void },
  ): Promise<() => void>
}): NewsFeed {
  return spec as unknown as NewsFeed
}

/** How callers show who they are. */
export interface Credentials {
  /** Where a credential may stand, in the order in which it is looked for. */
  readonly places: readonly CredentialPlace[]
  /** `key` is an API key, `token` a signed one (JWT), `device` one of a device (core/device-token.ts). */
  readonly kinds: readonly ('key' | 'token' | 'device')[]
}

/**
 * `x-api-key` and `token` are headers; the others are forms of Authorization: `Bearer <it>`, `Basic` with
 * it as user name and any password (RFC 7617), and `raw`, the header's whole value.
 */
export type CredentialPlace = 'x-api-key' | 'token' | 'bearer' | 'basic-user' | 'raw'

export interface BodyReader {
  /** A content type without parameters. */
  readonly type: string
  /** Failure `invalid_json` or `invalid_request`. An empty body is not given to it. */
  read(text: string): unknown
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ApiRequest<Params, Query, Body> {
  readonly account: Account
  readonly requestId: string
  /** Set when a token was shown, not a key. */
  readonly claims: TokenClaims | undefined
  /** The client asked not to be kept waiting (`Prefer: respond-async`, RFC 7240 section 4.1). */
  readonly prefersAsync: boolean
  /** The Last-Event-ID header; empty without one. */
  readonly lastEventId: string
  /** When the credential ends; undefined: it does not by itself. */
  readonly endsAtMs?: number | undefined
  /** The Accept header; empty without one. */
  readonly accept: string
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

/** `body` is JSON; a `file` is sent by the frame with byte ranges. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly file: FileReply }
  | EventsReply

/** Server-sent events. */
export interface EventsReply {
  /** Sends until it is stopped, which the result does, or ends by itself. */
  follow(send: (event: ServerEvent) => void, end: () => void): Promise<() => void>
}

export interface ServerEvent {
  readonly name: string
  readonly id: number
  readonly data: unknown
}

export interface FileReply {
  readonly path: string
  readonly type: string
  /** Offered to browsers as the file's name; letters, digits, dot and dash only. */
  readonly name: string
}

/** What the documentation says about a route. */
export interface Operation {
  readonly id: string
  readonly summary: string
  readonly tag: string
  readonly description?: string
  /** By status: what it means and, where there is a body, its schema. */
  readonly replies: Readonly<Record<number, { readonly says: string; readonly schema?: TSchema }>>
  /** Content type of the good answer when it is not JSON. */
  readonly produces?: string
  /** Further content types of the good answer, for a client that asks for them. */
  readonly alsoProduces?: readonly string[]
}

/** How a route is open to the device whose id or user name stands in its path. */
export interface OfDevice {
  /** The parameter of the path. */
  readonly param: string
  /** By the device's user name and password too, as Basic credentials (RFC 7617). */
  readonly takesPassword?: true
}

/** A route as the frame sees it: schemas are checked before `run`, which gets what they promise. */
export interface Route {
  readonly method: HttpMethod
  /** Absolute; parameters as `:name`. */
  readonly path: string
  readonly operation: Operation
  readonly params?: TSchema
  readonly query?: TSchema
  readonly body?: TSchema
  /** Without a body it is as with `{}`. */
  readonly bodyIsOptional?: true
  /** Without an answer after this the client gets `timed_out`; what was begun for it goes on. */
  readonly answersWithinMs?: number
  /** A log-in: the credential stands in the body, which has passed its schema, and not in a header. */
  credentialIn?(body: unknown): string
  /** A device may ask too, about itself. */
  readonly ofDevice?: OfDevice
  run(request: ApiRequest<unknown, unknown, unknown>, services: Services): Promise<Reply>
}

/** Writes a route with the types of its schemas, and forgets them again. */
export function route<
  P extends TSchema = TSchema,
  Q extends TSchema = TSchema,
  B extends TSchema = TSchema,
>(spec: {
  method: HttpMethod
  path: string
  operation: Operation
  params?: P
  query?: Q
  body?: B
  bodyIsOptional?: true
  answersWithinMs?: number
  credentialIn?(body: Static<B>): string
  ofDevice?: OfDevice
  run(request: ApiRequest<Static<P>, Static<Q>, Static<B>>, services: Services): Promise<Reply>
}): Route {
  return spec as unknown as Route
}
