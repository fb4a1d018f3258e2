export type Protocol = 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'

/** A stream to a peer that messages can be written to while it is open. */
export interface Stream {
  readonly open: boolean
  write(text: string): void
  /** Closes it at once. */
  destroy?(): void
  /** when the peer last sent anything; for connections that are not pinged */
  readonly heardAtMs?: number
}

export interface Place {
  /** IP address without brackets */
  readonly address: string
  readonly port: number
}

/** Where a message came from. */
export interface Peer {
  readonly protocol: Protocol
  /** IP address without brackets */
  readonly address: string
  readonly port: number
  readonly stream?: Stream
}

/** Where a message is to go: an open stream first, else this host (name or address) and port. */
export interface Target {
  readonly protocol: Protocol
  readonly host: string
  readonly port: number
  readonly stream?: Stream
  /** the URI named no port: SRV records of the host are asked first */
  readonly service?: boolean
  /** nor a transport: NAPTR records too, and the transport may become another */
  readonly open?: boolean
  /** one of the places of the host, already chosen */
  readonly place?: Place
  /** shut: what still waits for a connection must not be sent any more */
  readonly gate?: { shut: boolean }
  /**
   * Filled with what the name was resolved to: repetitions, CANCEL and ACK of a request must go
   * where the request went (RFC 3263 section 4.4), not where the name points by then
   */
  readonly pin?: { place: Place | undefined }
  /** there is no other way than the stream */
  readonly streamOnly?: boolean
}

/** `gone`: the only connection to the peer is closed */
export type SendFailure = 'unreachable' | 'dns' | 'tooLarge' | 'closed' | 'gone'

/** What transports report up. */
export interface TransportHandler {
  /** False for a datagram that is not to be looked at; a connection's messages are judged once read. */
  admits?(peer: Peer): boolean
  received(text: string, peer: Peer): void
  /** A connection that could be written to is closed, by whomever. */
  closed?(stream: Stream): void
}

/** An IPv4 address as it is, also where a socket for both families calls it an IPv6 one. */
export const plainAddress = (address: string): string =>
  address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address

/** Where it goes as far as is known: the name only where it has not been asked for yet. */
export const addressOf = ({ place, host }: Pick<Target, 'place' | 'host'>): string =>
  place?.address ?? host

export const targetOf = (peer: Peer): Target => ({
  protocol: peer.protocol,
  host: peer.address,
  port: peer.port,
  ...(peer.stream === undefined ? {} : { stream: peer.stream }),
})
