import {
  type MediaDescription,
  type SessionDescription as ParsedSession,
  parse,
} from 'sdp-transform'
import { Failure } from '../../core/failures.ts'
import type { Fingerprint } from '../agreement.ts'
import type { Description, Direction, IceCredentials, MediaLine, RtpMap } from './description.ts'
import { unusable } from './refuse.ts'
import { AUDIO_LEVEL_EXTENSION_URI, MID_EXTENSION_URI } from './write.ts'

/**
 * SDP text to Description, on the package sdp-transform: its values are whatever the text held (a number or a
 * string, present or not), so all are checked here.
 */

const MOST_BYTES = 16_384
const MOST_LINES = 400
const MOST_MEDIA_LINES = 16
/** Of the form with headers of one byte, which everybody speaks (RFC 8285 section 4.2). */
const LAST_EXTENSION = 14

const directions: ReadonlySet<unknown> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive'])

function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= least
  return fits && value <= most ? value : undefined
}

/** Numbers come back as numbers; an attribute without a value is as if it were not there. */
const word = (value: unknown): string | undefined =>
  value === undefined || value === '' ? undefined : String(value)

function readRtpMap(raw: unknown): RtpMap | undefined {
  const { payload, codec, rate, encoding } = raw as Record<string, unknown>
  const payloadType = wholeNumber(payload, 0, 127)
  if (payloadType === undefined || codec === undefined) return undefined
  return {
    payloadType,
    name: String(codec),
    rateHz: wholeNumber(rate, 1, 1_000_000) ?? 0,
    channels: wholeNumber(encoding, 1, 255) ?? 1,
  }
}

function readDirection(line: MediaDescription, session: ParsedSession): Direction {
  const found = line.direction ?? session.direction
  return directions.has(found) ? (found as Direction) : 'sendrecv'
}

function readIce(line: MediaDescription, session: ParsedSession): IceCredentials | undefined {
  const usernameFragment = word(line.iceUfrag ?? session.iceUfrag)
  const password = word(line.icePwd ?? session.icePwd)
  return usernameFragment && password ? { usernameFragment, password } : undefined
}

function readExtension({ ext = [] }: MediaDescription, wanted: string): number | undefined {
  const found = ext.find(({ uri }) => uri === wanted)
  return wholeNumber(found?.value, 1, LAST_EXTENSION)
}

function readRtcp({ rtcp }: MediaDescription): MediaLine['rtcp'] {
  const port = wholeNumber(rtcp?.port, 1, 65_535)
  return port === undefined ? undefined : { port, address: word(rtcp?.address) }
}

/** Both sides of its bandwidth are nothing. */
function isWithoutRtcp({ bandwidth = [] }: MediaDescription): boolean {
  const isNothing = (name: string) =>
    bandwidth.some(({ type, limit }) => String(type) === name && Number(limit) === 0)
  return isNothing('RS') && isNothing('RR')
}

/** Values of `a=rtcp-xr`, by their names: `rcvr-rtt=all:10000` is `rcvr-rtt`. */
function readRtcpXr({ invalid = [] }: MediaDescription): string[] {
  const values = invalid.map(({ value }) => /^rtcp-xr:(.*)$/.exec(String(value))?.[1] ?? '')
  return values.flatMap((value) => value.split(' ')).flatMap((one) => one.split('=')[0] || [])
}

const isBundled = (mid: string | undefined, { groups = [] }: ParsedSession): boolean =>
  mid !== undefined &&
  groups.some(({ type, mids }) => type === 'BUNDLE' && String(mids).split(' ').includes(mid))

/** Of these a line may have several, or more in them than the parser keeps. */
interface RawLines {
  readonly fingerprints: Fingerprint[]
  readonly cryptos: string[]
}

function readRawLine(line: string, found: RawLines): void {
  const [, name, value = ''] = /^a=(fingerprint|crypto):(.*)$/.exec(line) ?? []
  if (name === 'crypto') found.cryptos.push(value)
  if (name !== 'fingerprint') return
  const [algorithm = '', hash = ''] = value.trim().split(/ +/)
  found.fingerprints.push({ algorithm: algorithm.toLowerCase(), value: hash.toUpperCase() })
}

/** Those of the session, then those of each media line. */
function readRawLines(text: string): RawLines[] {
  let section: RawLines = { fingerprints: [], cryptos: [] }
  const sections = [section]
  for (const line of text.split(/\r\n|\r|\n/)) {
    if (line.startsWith('m=')) {
      section = { fingerprints: [], cryptos: [] }
      sections.push(section)
    } else readRawLine(line, section)
  }
  return sections
}

function readMediaLine(
  line: MediaDescription,
  session: ParsedSession,
): Omit<MediaLine, keyof RawLines> {
  // sdp-transform leaves these out when the m= line has another shape than it knows.
  if (typeof line.type !== 'string' || line.type === '') {
    throw unusable('a media line is malformed')
  }
  const port = wholeNumber(line.port, 0, 65_535)
  if (port === undefined) throw unusable('a media line has no valid port')
  const mid = word(line.mid)
  return {
    type: line.type,
    port,
    protocol: String(line.protocol),
    formats: String(line.payloads ?? ''),
    address: word(line.connection?.ip ?? session.connection?.ip),
    direction: readDirection(line, session),
    rtpMaps: line.rtp.map(readRtpMap).filter((map) => map !== undefined),
    ptimeMs: wholeNumber(line.ptime, 1, 1000),
    rtcpMux: line.rtcpMux === 'rtcp-mux',
    rtcpRsize: line.rtcpRsize === 'rtcp-rsize',
    rtcp: readRtcp(line),
    withoutRtcp: isWithoutRtcp(line),
    rtcpXr: readRtcpXr(line),
    mid,
    bundled: isBundled(mid, session),
    ice: readIce(line, session),
    iceLite: session.icelite === 'ice-lite',
    setup: word(line.setup ?? session.setup),
    ssrc: wholeNumber(line.ssrcs?.[0]?.id, 0, 2 ** 32 - 1),
    midExtension: readExtension(line, MID_EXTENSION_URI),
    audioLevelExtension: readExtension(line, AUDIO_LEVEL_EXTENSION_URI),
  }
}

/** `4000/1`, one port said aloud (RFC 8866 section 5.14), as the parser knows it; more ports are refused. */
const withoutCountOfOne = (text: string): string => text.replace(/^(m=\w+ \d+)\/1(?= )/gm, '$1')

function countLines(text: string): number {
  let lines = 1
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines += 1
  return lines
}

/**
 * Reads a remote description.
 * @throws Failure `invalid_request` for whatever is not SDP with at least one media line.
 */
export function readSdp(text: string): Description {
  if (text.length > MOST_BYTES) throw unusable(`it is longer than ${MOST_BYTES} bytes`)
  if (countLines(text) > MOST_LINES) throw unusable(`it has more than ${MOST_LINES} lines`)
  if (!/^v=0\s/.test(text)) throw unusable('it does not begin with v=0')
  let session: ParsedSession
  try {
    session = parse(withoutCountOfOne(text))
  } catch (cause) {
    throw new Failure('invalid_request', 'The SDP does not parse', 'sdp', { cause })
  }
  if (session.media.length === 0) throw unusable('it has no media line')
  if (session.media.length > MOST_MEDIA_LINES) {
    throw unusable(`more than ${MOST_MEDIA_LINES} media lines`)
  }
  const [common, ...own] = readRawLines(text)
  return {
    media: session.media.map((line, at) => {
      const { fingerprints = [], cryptos = [] } = own[at] ?? {}
      return {
        ...readMediaLine(line, session),
        cryptos,
        // Those of the line stand for those of the session (RFC 8122 section 5).
        fingerprints: fingerprints.length > 0 ? fingerprints : (common?.fingerprints ?? []),
      }
    }),
  }
}
