import { isIPv6 } from 'node:net'
import {
  type MediaDescription,
  type SessionDescription as ParsedSession,
  parse,
  write,
} from 'sdp-transform'
import { Failure } from '../../core/failures.ts'
import type {
  Description,
  Direction,
  MediaLine,
  OwnAudioLine,
  OwnDescription,
  RefusedLine,
  RtpMap,
} from './description.ts'

/**
 * SDP text to Description and back, on the package sdp-transform, which no other file may import: its
 * values are whatever the text held (a number or a string, present or not), so all are checked here.
 */

const MOST_BYTES = 16_384
const MOST_LINES = 400
const MOST_MEDIA_LINES = 16

/** The telephone events that we name: the sixteen keys (RFC 4733 section 3.2). */
const KEY_EVENTS = '0-15'
const OWN_PTIME_MS = 20

const directions: ReadonlySet<unknown> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive'])

function refuse(what: string): never {
  throw new Failure('invalid_request', `The SDP can't be used: ${what}`, 'sdp')
}

function wholeNumber(value: unknown, least: number, most: number): number | undefined {
  const fits = typeof value === 'number' && Number.isInteger(value) && value >= least
  return fits && value <= most ? value : undefined
}

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

function readMediaLine(line: MediaDescription, session: ParsedSession): MediaLine {
  // sdp-transform leaves these out when the m= line has another shape than it knows.
  if (typeof line.type !== 'string' || line.type === '') refuse('a media line is malformed')
  const port = wholeNumber(line.port, 0, 65_535)
  if (port === undefined) refuse('a media line has no valid port')
  const address: unknown = line.connection?.ip ?? session.connection?.ip
  return {
    type: line.type,
    port,
    protocol: String(line.protocol),
    formats: String(line.payloads ?? ''),
    address: address === undefined ? undefined : String(address),
    direction: readDirection(line, session),
    rtpMaps: line.rtp.map(readRtpMap).filter((map) => map !== undefined),
    ptimeMs: wholeNumber(line.ptime, 1, 1000),
    rtcpMux: line.rtcpMux === 'rtcp-mux',
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
  if (text.length > MOST_BYTES) refuse(`it is longer than ${MOST_BYTES} bytes`)
  if (countLines(text) > MOST_LINES) refuse(`it has more than ${MOST_LINES} lines`)
  if (!/^v=0\s/.test(text)) refuse('it does not begin with v=0')
  let session: ParsedSession
  try {
    session = parse(withoutCountOfOne(text))
  } catch (cause) {
    throw new Failure('invalid_request', 'The SDP does not parse', 'sdp', { cause })
  }
  if (session.media.length === 0) refuse('it has no media line')
  if (session.media.length > MOST_MEDIA_LINES) refuse(`more than ${MOST_MEDIA_LINES} media lines`)
  return { media: session.media.map((line) => readMediaLine(line, session)) }
}

function printAudio(line: OwnAudioLine): MediaDescription {
  const events = line.rtpMaps.filter((map) => map.name === 'telephone-event')
  return {
    type: 'audio',
    port: line.port,
    protocol: 'RTP/AVP',
    payloads: line.rtpMaps.map((map) => map.payloadType).join(' '),
    rtp: line.rtpMaps.map((map) => ({
      payload: map.payloadType,
      codec: map.name,
      rate: map.rateHz,
    })),
    fmtp: events.map((map) => ({ payload: map.payloadType, config: KEY_EVENTS })),
    ptime: OWN_PTIME_MS,
    direction: line.direction,
    ...(line.rtcpMux ? { rtcpMux: 'rtcp-mux' as const } : {}),
  }
}

function printRefused(line: RefusedLine): MediaDescription {
  const { type, protocol, formats } = line
  return { type, port: 0, protocol, payloads: formats, rtp: [], fmtp: [] }
}

/** Prints our own description. */
export function writeSdp(own: OwnDescription): string {
  const ipVersion = isIPv6(own.address) ? 6 : 4
  return write({
    version: 0,
    origin: {
      username: 'ringdown',
      sessionId: own.sessionId,
      sessionVersion: own.sessionVersion,
      netType: 'IN',
      ipVer: ipVersion,
      address: own.address,
    },
    name: 'ringdown',
    connection: { version: ipVersion, ip: own.address },
    timing: { start: 0, stop: 0 },
    media: own.media.map((line) => (line.kind === 'audio' ? printAudio(line) : printRefused(line))),
  })
}
