/** What two sides agreed on for one leg, as SDP offer and answer say it and as the media thread needs it. */

export type CodecName = 'PCMU' | 'PCMA'

/** Payload type numbers under which the peer may send to us. */
export interface ReceivePayloads {
  readonly PCMU: readonly number[]
  readonly PCMA: readonly number[]
  readonly telephoneEvent: readonly number[]
}

export interface Agreement {
  /** Where our packets go and from where packets may come; null while the peer gave no address (hold). */
  readonly remote: { readonly address: string; readonly port: number } | null
  /** Our packets may go out. */
  readonly send: boolean
  /** The peer's audio is to be heard. */
  readonly receive: boolean
  /** What we encode to, and its payload type number. */
  readonly codec: CodecName
  readonly payloadType: number
  /** Payload type of the events that we send (RFC 4733); null when the peer does not take them. */
  readonly telephoneEvent: number | null
  /** The peer names comfort noise (RFC 3389): it may send nothing while nobody speaks there. */
  readonly comfortNoise: boolean
  readonly receivePayloads: ReceivePayloads
  /** Packet time that the peer asked for; 20 when it did not. */
  readonly ptimeMs: number
}
