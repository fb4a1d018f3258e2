/**
 * The control protocol as the rest of this folder sees it: requests with callbacks, no dialogs, no
 * promises. `srf.ts` is the real one; tests use a recorder.
 */
export type Headers = Readonly<Record<string, string>>

export interface RequestOut {
  readonly method: string
  /** Absent inside a dialog: the server knows the remote target. */
  readonly uri?: string
  readonly dialogId?: string
  /** Where the packet goes when that is not what the request-URI says, as a SIP URI. */
  readonly nextHop?: string
  readonly headers: Headers
  readonly body?: string
}

/**
 * First `sent` or `failed`; after `sent` any number of provisional responses and then exactly one of a
 * final response or `failed`. After that nothing more is called.
 */
export interface RequestHandlers {
  sent?(request: SentRequest): void
  response(response: ResponseIn): void
  failed(why: LinkFailure): void
}

export interface LinkFailure {
  readonly is: 'refused' | 'dialogGone' | 'linkDown'
  readonly reason: string
}

export interface SentRequest {
  /** The request-URI that went out, which is what a digest has to cover. */
  readonly uri: string
  /** `reason`: a value of the header Reason (RFC 3326). */
  cancel(reason?: string): void
  /** Stops waiting: no handler is called any more. */
  forget(): void
}

export interface MessageIn {
  /** Compact and full names are the same; several lines are joined by commas. */
  header(name: string): string | undefined
  readonly body: string
}

export interface ResponseIn extends MessageIn {
  readonly status: number
  readonly reason: string
  /** Whose it is, as an IP address; '' for one that the server made up, as when nobody answers. */
  readonly address: string
  /** ACK of a 2xx, with our answer if the 2xx held the offer; the server acknowledges the rest. */
  ack(sdp?: string): void
}

export interface RequestIn extends MessageIn {
  readonly method: string
  readonly uri: string
  /** `<Call-ID>;from-tag=<tag>` inside a dialog, otherwise undefined. */
  readonly dialogId: string | undefined
  /** `application`: the server itself ended the dialog and tells us so. */
  readonly source: 'network' | 'application'
  readonly protocol: string
  readonly address: string
  readonly port: number
  /** All headers, names as they came. */
  allHeaders(): Iterable<readonly [name: string, value: string]>
  /** `done` gets an error text when the response did not go out. */
  respond(status: number, options?: ResponseOut, done?: (error?: string) => void): void
  onCancel(run: (cancel: MessageIn) => void): void
}

export interface ResponseOut {
  readonly reason?: string
  readonly headers?: Headers
  readonly body?: string
}

export interface LinkEvents {
  request(request: RequestIn): void
  up(endpoints: string): void
  down(): void
}

export interface SipLink {
  up(): boolean
  request(request: RequestOut, handlers: RequestHandlers): void
  close(): void
}
