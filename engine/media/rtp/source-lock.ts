import { emptyRtpHeader, isRtcp, readRtp } from '../../dsp/rtp.ts'

/** So many packets in sequence prove a stream behind a NAT to be the peer's. */
const LEARN_PACKETS = 4
/** Sources looked at side by side while learning. */
const MOST_CANDIDATES = 4

interface Candidate {
  address: string
  port: number
  ssrc: number
  payloadType: number
  sequence: number
  /** 0: the place is free. */
  inSequence: number
}

const emptyCandidate = (): Candidate => ({
  address: '',
  port: 0,
  ssrc: 0,
  payloadType: 0,
  sequence: 0,
  inSequence: 0,
})

type SourceVerdict = 'peer' | 'stranger' | 'learning'

/**
 * Decides whose packets a leg listens to. Strict: the address and port of the SDP. For a peer behind a
 * NAT, also another source on its signalling address, once it has sent four RTP packets in sequence with
 * one SSRC and one payload type; then that source alone. Nobody is ever learnt again by himself: only
 * SDP with a new address begins anew. Addresses are compared as text, in the form the socket uses.
 */
export class SourceLock {
  readonly #header = emptyRtpHeader()
  readonly #candidates = Array.from({ length: MOST_CANDIDATES }, emptyCandidate)
  #nextCandidate = 0
  #aimedAddress = ''
  #aimedPort = 0
  /** '' when there is nothing to learn, or nothing any more. */
  #natAddress = ''
  /** The peer has been heard: nothing is learnt until SDP names another address. */
  #settled = false
  #address = ''
  #port = 0

  /** Where our packets go; '' and 0 while there is no peer. */
  get address(): string {
    return this.#address
  }

  get port(): number {
    return this.#port
  }

  /** Begins anew, unless the aim is as before: then what was learnt stays. */
  aim(address: string, port: number, natAddress: string | undefined): void {
    if (address === this.#aimedAddress && port === this.#aimedPort) {
      if (!this.#settled) this.#natAddress = natAddress ?? ''
      return
    }
    this.#aimedAddress = address
    this.#aimedPort = port
    this.#address = address
    this.#port = port
    this.#natAddress = natAddress ?? ''
    this.#settled = false
    for (const candidate of this.#candidates) candidate.inSequence = 0
  }

  /** No peer: everybody is a stranger. */
  clear(): void {
    this.aim('', 0, undefined)
  }

  /** Packets go, and come, elsewhere than SDP said. */
  get isLearnt(): boolean {
    return this.#port !== this.#aimedPort || this.#address !== this.#aimedAddress
  }

  judge(address: string, port: number, packet: Uint8Array, bytes: number): SourceVerdict {
    if (this.isPeer(address, port)) {
      this.#settle()
      return 'peer'
    }
    if (!this.learnsAt(address)) return 'stranger'
    return this.#learn(address, port, packet, bytes)
  }

  isPeer(address: string, port: number): boolean {
    return port === this.#port && address === this.#address
  }

  /** A source there may yet turn out to be the peer. */
  learnsAt(address: string): boolean {
    return this.#natAddress !== '' && address === this.#natAddress
  }

  /** The peer's, or the one that it may turn out to have behind its NAT. */
  isHost(address: string): boolean {
    return address === this.#address || (address === this.#natAddress && address !== '')
  }

  #learn(address: string, port: number, packet: Uint8Array, bytes: number): SourceVerdict {
    const header = this.#header
    if (isRtcp(packet, bytes) || !readRtp(packet, bytes, header)) return 'stranger'
    const candidate = this.#candidateOf(address, port)
    const follows =
      candidate.inSequence > 0 &&
      candidate.ssrc === header.ssrc &&
      candidate.payloadType === header.payloadType &&
      ((candidate.sequence + 1) & 0xffff) === header.sequence
    candidate.inSequence = follows ? candidate.inSequence + 1 : 1
    candidate.ssrc = header.ssrc
    candidate.payloadType = header.payloadType
    candidate.sequence = header.sequence
    if (candidate.inSequence < LEARN_PACKETS) return 'learning'
    this.#address = address
    this.#port = port
    this.#settle()
    return 'peer'
  }

  #settle(): void {
    this.#settled = true
    this.#natAddress = ''
  }

  #candidateOf(address: string, port: number): Candidate {
    for (const candidate of this.#candidates) {
      const same = candidate.port === port && candidate.address === address
      if (same && candidate.inSequence > 0) return candidate
    }
    const candidate = this.#candidates[this.#nextCandidate]!
    this.#nextCandidate = (this.#nextCandidate + 1) % MOST_CANDIDATES
    candidate.address = address
    candidate.port = port
    candidate.inSequence = 0
    return candidate
  }
}
