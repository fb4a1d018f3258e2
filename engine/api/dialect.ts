import type { Static, TSchema } from 'typebox'
import type { Failure } from '../core/failures.ts'
import type { Account } from '../core/ports/store.ts'
import type { Services } from './services.ts'

/**
 * One foreign API in front of the engine: an object of routes that turn requests into our commands and
 * outcomes into its bodies. It keeps no state and does no I/O of its own; shared code never asks which
 * dialect it serves.
 */
export interface Dialect {
  readonly id: string
  /** Path prefixes that belong to it: unknown routes below them are answered in its error shape. */
  readonly bases: readonly string[]
  readonly routes: readonly Route[]
  /** The JSON body of a refusal, and its schema for the documentation. */
  readonly errorSchema: TSchema
  renderError(failure: Failure, requestId: string): unknown
}

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ApiRequest<Params, Query, Body> {
  readonly account: Account
  readonly requestId: string
  readonly params: Params
  readonly query: Query
  readonly body: Body
}

/** `body` is JSON; a `file` is sent by the frame with byte ranges. */
export type Reply =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | { readonly file: FileReply }

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
  run(request: ApiRequest<Static<P>, Static<Q>, Static<B>>, services: Services): Promise<Reply>
}): Route {
  return spec as unknown as Route
}
