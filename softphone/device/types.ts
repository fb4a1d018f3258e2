/** The words of the SDK: what applications give to a Device and get from it and from its calls. */

export type DeviceState =
  | 'unregistered'
  | 'registering'
  | 'registered'
  /** The connection is gone and will be tried again by itself. */
  | 'reconnecting'
  | 'destroyed'

export type CallState =
  /** Outgoing, nothing heard yet; incoming, rings here. */
  | 'pending'
  /** Outgoing: rings there. */
  | 'ringing'
  /** Accepted; the audio is on its way. */
  | 'connecting'
  | 'open'
  /** The audio or the connection is gone and is being got back. */
  | 'reconnecting'
  | 'closed'

/** Why something did not go well, in words that a program can tell apart. */
export type ErrorCode =
  | 'microphone-missing'
  | 'microphone-denied'
  | 'microphone-busy'
  | 'wrong-credentials'
  | 'token-expired'
  | 'server-unreachable'
  | 'connection-lost'
  | 'call-failed'
  | 'invalid-argument'
  | 'invalid-state'

/** How a call ended, as far as this side knows. */
export interface CallEnd {
  readonly by: 'local' | 'remote' | 'failure'
  /** Final SIP status of a call that was never up: 486 busy, 603 declined, 404 unknown ... */
  readonly sipStatus?: number
  /** Another phone of ours took the call while it rang here: nobody has missed it. */
  readonly answeredElsewhere?: true
  /** One sentence for people. */
  readonly reason: string
}

/** Once a second while a call is up. */
export interface Quality {
  readonly at: Date
  /** Of the packets that came, in the last second. */
  readonly lossPercent: number
  readonly jitterMs: number
  /** Undefined until the first report of the other side. */
  readonly roundTripMs: number | undefined
  /** 1 to 4.5, by the E-model (ITU-T G.107) with G.711 figures: an estimate. */
  readonly mos: number
  readonly codec: string
  /** Of what is heard and of the microphone, 0 to 1. */
  readonly inputLevel: number
  readonly outputLevel: number
}

export interface DeviceOptions {
  /** From `POST /v1/voice/devices/{id}/tokens`. */
  readonly token: string
  /** `wss://voice.example.com/sip`; default: what the token says, seen from this page. */
  readonly url?: string
  /** Asked before the token expires; without it `tokenWillExpire` is the only notice. */
  readonly refreshToken?: () => Promise<string>
  /** Besides those of the token. */
  readonly iceServers?: readonly RTCIceServer[]
  /** Seconds between refreshes of the registration. Default 120. */
  readonly registerExpiresS?: number
  /** Milliseconds before the expiry of the token at which `tokenWillExpire` comes. Default 60,000. */
  readonly tokenRefreshMs?: number
  /** Default: echo cancellation, noise suppression and gain control as the browser has them. */
  readonly audio?: MediaTrackConstraints
}

export interface ConnectOptions {
  /** A number, a device's name, or a SIP URI. */
  readonly to: string
  /** Go out as headers `X-<name>`; letters, digits and `-` in names, 200 characters in values. */
  readonly params?: Readonly<Record<string, string>>
}

export interface DeviceEvents {
  registering: []
  registered: []
  unregistered: []
  /** A try to come back begins after so many milliseconds. */
  reconnecting: [inMs: number]
  incoming: [call: CallLike]
  /** The list of calls changed. */
  calls: [calls: readonly CallLike[]]
  tokenWillExpire: [inMs: number]
  error: [error: Error & { readonly code: ErrorCode }]
}

export interface CallEvents {
  /** Any change of `state`, `muted`, `held`. */
  change: []
  ringing: []
  accept: []
  mute: [muted: boolean]
  hold: [held: boolean]
  /** The other side holds us or ends that. */
  remoteHold: [held: boolean]
  digit: [digit: string]
  quality: [quality: Quality]
  reconnecting: []
  reconnected: []
  /** Progress of a transfer that we asked for: SIP status of the other leg. */
  transfer: [sipStatus: number]
  /** Nothing comes after this. */
  disconnect: [end: CallEnd]
  error: [error: Error & { readonly code: ErrorCode }]
}

/** One call of a Device. */
export interface CallLike {
  /** SIP Call-ID. */
  readonly id: string
  readonly direction: 'incoming' | 'outgoing'
  /** Number or name of the other party, and its display name where it has one. */
  readonly remote: { readonly user: string; readonly displayName: string | undefined }
  readonly state: CallState
  readonly muted: boolean
  readonly held: boolean
  readonly heldByRemote: boolean
  readonly startedAt: Date
  readonly answeredAt: Date | undefined
  /** Headers `X-...` of an incoming call, without the `X-`. */
  readonly params: Readonly<Record<string, string>>
  /** What is heard, for an audio element; undefined until there is audio. */
  readonly remoteStream: MediaStream | undefined
  readonly quality: Quality | undefined
  accept(): Promise<void>
  /** Declines an incoming call (603); `busy`: 486. */
  reject(how?: 'decline' | 'busy'): Promise<void>
  /** Ends or gives up the call whatever its state. */
  hangup(): Promise<void>
  mute(muted: boolean): void
  hold(held: boolean): Promise<void>
  /** 0-9 * # A-D; `,` and `w` pause for half a second. RFC 4733 events. */
  sendDigits(digits: string): Promise<void>
  /** Blind to a number, or attended to the other party of another call of this device. */
  transfer(to: string | CallLike): Promise<void>
  on<Name extends keyof CallEvents>(
    name: Name,
    listener: (...args: CallEvents[Name]) => void,
  ): () => void
}

/** The browser phone. */
export interface DeviceLike {
  readonly state: DeviceState
  /** User name of the device. */
  readonly identity: string
  readonly calls: readonly CallLike[]
  register(): Promise<void>
  unregister(): Promise<void>
  connect(options: ConnectOptions): Promise<CallLike>
  /** Goes on with a call of this device that another tab, another machine or this tab before a reload had. */
  takeOver(takeoverToken: string): Promise<CallLike>
  /** The next registrations and calls use it; calls that are up go on. */
  updateToken(token: string): void
  /** Which microphone; calls that are up change to it at once. */
  setMicrophone(deviceId: string): Promise<void>
  /** Joins calls that are up so that all hear each other; mixed here. */
  merge(calls: readonly CallLike[]): Promise<void>
  /** Hangs up, unregisters, closes the connection. */
  destroy(): Promise<void>
  on<Name extends keyof DeviceEvents>(
    name: Name,
    listener: (...args: DeviceEvents[Name]) => void,
  ): () => void
}
