import type { Static, TSchema } from 'typebox'
import type { RecordingMedia } from '../app/directory/ports.ts'
import type { Failure } from '../core/failures.ts'
import type { CallId, KeyId, RecordingId } from '../core/ids.ts'
import type { Letter } from '../core/ports/mail.ts'
import type { RecordingRecord } from '../core/ports/recordings.ts'
import type {
  Account,
  BoxDelivery,
  CallDelivery,
  ConferenceDelivery,
  WebhookDelivery,
} from '../core/ports/store.ts'
import type { TokenClaims } from '../core/ports/tokens.ts'
import type { OutgoingRequest } from '../core/ports/web.ts'
import type { Scope } from '../core/scopes.ts'
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
  /** The same as e-mails. Pure; a throw is a bug. */
  renderMail?(delivery: CallDelivery): Pick<Letter, 'subject' | 'text'>
  /** Writes what the webhooks of accounts are told that were made with it. Pure; a throw is a bug. */
  renderWebhook?(delivery: WebhookDelivery, recordingUrl: RecordingUrl): OutgoingRequest
  /** Writes the status callbacks of calls. One dialect does. Pure; a throw is a bug. */
  renderCallback?(delivery: CallDelivery, recordingUrl: RecordingUrl): OutgoingRequest
  /** Writes the status callbacks of conferences. One dialect does. Pure; a throw is a bug. */
  renderConferenceCallback?(
    delivery: ConferenceDelivery,
    recordingUrl: RecordingUrl,
  ): OutgoingRequest
  /** Writes what voicemail boxes tell their own addresses. One dialect does. Pure; a throw is a bug. */
  renderBoxCallback?(delivery: BoxDelivery): OutgoingRequest
  /** A WebSocket at which its routes can be asked too. */
  readonly socket?: DialectSocket
  /** Where it serves the audio of a recording, below the public address. One dialect does. */
  recordingPath?(id: RecordingId): string
  /** Where it shows a recording with its text, in the same way. */
  transcriptPath?(id: RecordingId): string
}

export interface DialectSocket {
  readonly path: string
  /** Of the audio of a call, which is the part `:call_id`. */
  readonly mediaPath?: string
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
    to: NewsReader,
  ): Promise<(() => void) | PacedNews>
}

/** Who follows. */
export interface NewsReader {
  /** When so much waits that it would only add to it, it is left out, and the feed begins anew once there is room. */
  tell(event: string, data: unknown): void
  end(): void
  /** For a feed that nothing may be left out of: it tells as long as this is false, and is told when there is room. */
  readonly pace: {
    isFull(): boolean
    /** `json` is the data, written already: many may follow the same. */
    tellText(event: string, json: string): void
  }
}

/** News that is told at the pace of its reader. */
export interface PacedNews {
  /** There is room again. */
  resume(): void
  stop(): void
}

/** Writes a feed with the type of its parameters, and forgets it again. */
export function newsFeed<P extends TSchema>(spec: {
  params: P
  begin(
    of: { readonly account: Account; readonly params: Static<P> },
    services: Services,
    to: NewsReader,
  ): Promise<(() => void) | PacedNews>
}): NewsFeed {
  return spec as unknown as NewsFeed
}

/** How callers show who they are. */
export interface Credentials {
  /** Where a credential may stand, in the order in which it is looked for. */
  readonly places: readonly CredentialPlace[]
  /** `key` is an API key, `token` a signed one (JWT), `device` one of a device (core/device-token.ts). */
  readonly kinds: readonly ('key' | 'token' | 'device')[]
  /** The cookie of a browser that has shown a key (frame/session.ts) will do too. */
  readonly sessions?: true
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

/** The same for a body that is no text. */
export interface BytesReader {
  readonly type: string
  /** `contentType`: as it was sent, with its parameters. */
  readBytes(bytes: Buffer, contentType: string): unknown
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ApiRequest<Params, Query, Body> {
  readonly account: Account
  readonly requestId: string
  /** The API key that was shown, or for which the token was made; undefined: there was none. */
  readonly key?: KeyId | undefined
  /** What that key is for; null: all that the account may. */
  readonly scopes?: readonly Scope[] | null | undefined
  /** It came by HTTPS. */
  readonly isSecure: boolean
  /** Set when a token was shown, not a key. */
  readonly claims: TokenClaims | undefined
  /** The client asked not to be kept waiting (`Prefer: respond-async`, RFC 7240 section 4.1). */
  readonly prefersAsync: boolean
  /** Set for a request with an Idempotency-Key: what it makes has to have this id, and may be there already. */
  readonly idempotency?: Idempotency | undefined
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

export interface Idempotency {
  /** A UUID. A route that dials passes it on as the id of the call. */
  readonly resourceId: string
}

/** For a route that makes a call, and says so (`makesCall`). */
export const callIdIn = (idempotency: Idempotency | undefined): { id?: CallId } =>
  idempotency === undefined ? {} : { id: idempotency.resourceId as CallId }

/** `body` is JSON; a `file` is sent by the frame with byte ranges. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly file: FileReply }
  | { readonly audio: RecordingReply }
  | { readonly text: TextReply }
  | EventsReply

/** Server-sent events. */
export interface EventsReply {
  /**
   * Sends until it is stopped, which the result does, or ends by itself. One that must not be cut off when its reader
   * is slow sends only while there is room, and is told when there is again.
   */
  follow(
    send: (event: ServerEvent) => void,
    end: () => void,
    pace: { isFull(): boolean },
  ): Promise<(() => void) | PacedNews>
}

export interface ServerEvent {
  readonly name: string
  /** From where to go on after it; absent: where it was before. */
  readonly id?: number
  readonly data: unknown
}

/** A text that is made while it is sent. */
export interface TextReply {
  readonly type: string
  /** Offered to browsers as the file's name; letters, digits, dot and dash only. */
  readonly name: string
  readonly chunks: AsyncIterable<string>
}

/** The audio of a recording, sent by the frame with byte ranges from wherever it is. */
export interface RecordingReply {
  readonly recording: RecordingRecord
  /** A browser saves it, and does not play it. */
  readonly asAttachment?: boolean
  /** As it is encrypted, with its wrapped key. */
  readonly isSealed?: boolean
}

export interface FileReply {
  readonly path: string
  readonly type: string
  /** Offered to browsers as the file's name; letters, digits, dot and dash only. */
  readonly name: string
  /** What reads it, if not the storage of recordings. */
  readonly from?: Pick<RecordingMedia, 'stat' | 'read'>
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
  /** How its body is read besides, by content type. */
  readonly alsoReads?: readonly (BodyReader | BytesReader)[]
  /** Its body may be so long, where that is more than what others may have. */
  readonly bodyBytes?: number
  /** Without an answer after this the client gets `timed_out`; what was begun for it goes on. */
  readonly answersWithinMs?: number
  /** A log-in: the credential stands in the body, which has passed its schema, and not in a header. */
  credentialIn?(body: unknown): string
  /** A device may ask too, about itself. */
  readonly ofDevice?: OfDevice
  /** The scope of the key that asks; without it `read` for GET, and `calls` for everything else. */
  readonly needs?: Scope
  /** An account that is suspended may ask too. */
  readonly forSuspended?: true
  /** A test key may ask too: it changes nothing but calls of its own. Without it only what is a GET. */
  readonly forTestKeys?: true
  /** What it makes has the id of `callIdIn`: after a crash in the midst of it the same request finds that call. */
  readonly makesCall?: true
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
  alsoReads?: readonly (BodyReader | BytesReader)[]
  bodyBytes?: number
  answersWithinMs?: number
  credentialIn?(body: Static<B>): string
  ofDevice?: OfDevice
  needs?: Scope
  forSuspended?: true
  forTestKeys?: true
  makesCall?: true
  run(request: ApiRequest<Static<P>, Static<Q>, Static<B>>, services: Services): Promise<Reply>
}): Route {
  return spec as unknown as Route
}
