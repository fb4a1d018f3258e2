/** SDP (RFC 8866) reduced to what a voice leg needs, with every field already checked for its type. */

export type Direction = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive'

export interface RtpMap {
  readonly payloadType: number
  readonly name: string
  readonly rateHz: number
  readonly channels: number
}

export interface MediaLine {
  readonly type: string
  readonly port: number
  readonly protocol: string
  /** The format list as it stands in the line; kept so that a rejected line can be answered. */
  readonly formats: string
  /** Of the line or, if it has none, of the session; undefined when neither has one. */
  readonly address: string | undefined
  readonly direction: Direction
  readonly rtpMaps: readonly RtpMap[]
  readonly ptimeMs: number | undefined
  readonly rtcpMux: boolean
}

export interface Description {
  readonly media: readonly MediaLine[]
}

/** A line that we take part in. */
export interface OwnAudioLine {
  readonly kind: 'audio'
  readonly port: number
  readonly direction: Direction
  readonly rtpMaps: readonly RtpMap[]
  readonly rtcpMux: boolean
}

/** A line that we refuse: port 0, everything else as it came (RFC 3264 section 6). */
export interface RefusedLine {
  readonly kind: 'refused'
  readonly type: string
  readonly protocol: string
  readonly formats: string
}

export interface OwnDescription {
  readonly sessionId: number
  readonly sessionVersion: number
  readonly address: string
  readonly media: readonly (OwnAudioLine | RefusedLine)[]
}
