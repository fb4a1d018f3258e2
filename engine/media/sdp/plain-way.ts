import { Failure } from '../../core/failures.ts'
import type { LegOptions, SrtpPolicy } from '../../core/ports/media.ts'
import { type SrtpKey, type SrtpSuite, srtpSuites } from '../agreement.ts'
import type { OpenedLeg } from '../messages.ts'
import { judgeMediaAddress } from './address.ts'
import { bestCryptoLine, newKey, readCryptoLine } from './crypto-lines.ts'
import type { CryptoLine, MediaLine, OwnTransport } from './description.ts'
import { rtcpTerms, wantedXr } from './rtcp-terms.ts'
import { type Refused, refused, speaksWebRtc, type Usable, type Way } from './way.ts'

/** IP versions that our socket can reach. */
export interface Reach {
  readonly ipv6: boolean
  readonly ipv4: boolean
}

const isSecure = (protocol: string): boolean => /^RTP\/SAVPF?$/i.test(protocol)
const isKnown = (protocol: string): boolean => /^RTP\/S?AVPF?$/i.test(protocol)

/**
 * RTP and SRTP by keys in SDP (RFC 4568). Keys are only told and taken where nobody can read them on the way.
 * SRTP that is optional is offered as RTP/AVP with keys: not in RFC 4568, but widely done, since a phone
 * without SRTP refuses RTP/SAVP, and passes over lines that it does not know.
 */
export class PlainWay implements Way {
  readonly #reach: Reach
  #policy: SrtpPolicy = 'off'
  #secretive = false
  readonly #ours = new Map<SrtpSuite, SrtpKey>()
  #theirs: SrtpKey | undefined
  /** Of the last round. */
  #protocol: string | undefined
  #mux = false

  constructor(reach: Reach) {
    this.#reach = reach
  }

  /** What is not given stays. */
  allow({ srtp, secureSignalling }: Pick<LegOptions, 'srtp' | 'secureSignalling'>): void {
    this.#policy = srtp ?? this.#policy
    this.#secretive = secureSignalling ?? this.#secretive
  }

  /** The next offer has new keys: who counted the rollovers of those in use is no more. */
  renewKeys(): void {
    this.#ours.clear()
  }

  get #tellsKeys(): boolean {
    return this.#policy !== 'off' && this.#secretive
  }

  get #offered(): string {
    return this.#protocol ?? (this.#policy === 'required' ? 'RTP/SAVP' : 'RTP/AVP')
  }

  checkOffer(): void {
    const needsKeys = this.#policy === 'required' || isSecure(this.#offered)
    if (!needsKeys || this.#tellsKeys) return
    throw new Failure('invalid_request', 'SRTP needs signalling over TLS: its keys would be read')
  }

  offer({ port }: OpenedLeg): OwnTransport {
    if (port === undefined) throw new TypeError('a leg for browsers has no port')
    this.checkOffer()
    const protocol = this.#offered
    const suites = this.#tellsKeys ? srtpSuites : []
    const cryptos = suites.map((suite, at) => ({ tag: at + 1, key: this.#ownKey(suite) }))
    return { kind: 'plain', protocol, port, rtcpMux: this.#mux, rtcpXr: [], cryptos }
  }

  judge(line: MediaLine, as: 'offer' | 'answer'): Usable | Refused {
    const crypto = this.#tellsKeys ? this.#choose(line, as) : undefined
    const because = this.#objection(line, crypto)
    if (because !== undefined) return refused(because)
    const address = judgeMediaAddress(line.address)
    if (address.kind === 'unusable') return refused(address.because)
    const onHold = address.kind === 'hold'
    const rtcp = rtcpTerms(line, onHold ? undefined : address.address, as === 'offer' || this.#mux)
    if (!onHold && !this.#canReach(address.address)) {
      return refused('its IP version is not served here')
    }
    return {
      kind: 'usable',
      remote: onHold ? null : { address: address.address, port: line.port },
      rtcp,
      onHold,
      restartsIce: false,
      take: () => {
        this.#protocol = line.protocol
        this.#mux = rtcp.mux
        if (as === 'offer' && crypto) this.#renew(crypto.key)
        // Rollovers are counted for a key in use; one that comes back would begin anew under the same key stream.
        if (!crypto) this.#ours.clear()
        this.#theirs = crypto?.key
        if (!crypto) return { kind: 'none' }
        return { kind: 'sdes', ours: this.#ownKey(crypto.key.suite), theirs: crypto.key }
      },
      answer: ({ port }) => {
        if (port === undefined) throw new TypeError('a leg for browsers has no port')
        const cryptos = crypto ? [{ tag: crypto.tag, key: this.#ownKey(crypto.key.suite) }] : []
        const { protocol, rtcpMux } = line
        const rtcpXr = wantedXr(line)
        return { kind: 'plain', protocol, port, rtcpMux, rtcpXr, cryptos }
      },
    }
  }

  /** Why the line can't be taken with that crypto line of it, or with none. */
  #objection(line: MediaLine, crypto: CryptoLine | undefined): string | undefined {
    if (speaksWebRtc(line) || !isKnown(line.protocol)) {
      return 'only RTP/AVP and RTP/SAVP are taken (for WebRTC only in a call that began with it)'
    }
    const secure = isSecure(line.protocol)
    if (crypto || !(secure || this.#policy === 'required')) return undefined
    if (this.#policy === 'off') return 'only RTP/AVP is taken: SRTP is switched off here'
    if (!this.#secretive) return 'SRTP needs signalling over TLS: its keys can be read'
    if (line.cryptos.length > 0) return 'no crypto line that can be kept to'
    return secure
      ? 'it is RTP/SAVP and has no crypto line'
      : 'it has no crypto line, SRTP is required'
  }

  #choose(line: MediaLine, as: 'offer' | 'answer'): CryptoLine | undefined {
    if (as === 'offer') return bestCryptoLine(line.cryptos)
    // One of those that we offered (RFC 4568 section 5.1.3).
    return line.cryptos
      .map(readCryptoLine)
      .filter((answered) => answered !== undefined)
      .find(({ tag, key }) => srtpSuites[tag - 1] === key.suite)
  }

  #canReach(address: string): boolean {
    return address.includes(':') ? this.#reach.ipv6 : this.#reach.ipv4
  }

  /** A new key of theirs gets a new one of ours: both directions begin anew together. */
  #renew(theirs: SrtpKey): void {
    const before = this.#theirs
    if (before && before.keyBase64 !== theirs.keyBase64) this.#ours.delete(theirs.suite)
  }

  #ownKey(suite: SrtpSuite): SrtpKey {
    const key = this.#ours.get(suite) ?? newKey(suite)
    this.#ours.set(suite, key)
    return key
  }
}
