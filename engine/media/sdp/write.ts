import { isIPv6 } from 'node:net'
import { type MediaDescription, write } from 'sdp-transform'
import type { IceCandidate, WebRtcEnd } from '../agreement.ts'
import type {
  OwnAudioLine,
  OwnDescription,
  OwnTransport,
  RefusedLine,
  RtpMap,
} from './description.ts'

/** Our own description as SDP text. */

/** The telephone events that we name: the sixteen keys (RFC 4733 section 3.2). */
const KEY_EVENTS = '0-15'
/** Lost packets are repaired from the next one; one channel is meant where `stereo` is not named (RFC 7587). */
const OPUS_PARAMETERS = 'minptime=10;useinbandfec=1'
const OWN_PTIME_MS = 20
export const MID_EXTENSION_URI = 'urn:ietf:params:rtp-hdrext:sdes:mid'
export const AUDIO_LEVEL_EXTENSION_URI = 'urn:ietf:params:rtp-hdrext:ssrc-audio-level'
/** Where there is nothing to name: all candidates are of TCP (RFC 8829 section 5.2.1). */
const DISCARD_PORT = 9

function parametersOf({ name, payloadType }: RtpMap): MediaDescription['fmtp'] {
  if (name === 'telephone-event') return [{ payload: payloadType, config: KEY_EVENTS }]
  return name === 'opus' ? [{ payload: payloadType, config: OPUS_PARAMETERS }] : []
}

const printCandidate = (candidate: IceCandidate) => ({
  foundation: candidate.foundation,
  component: 1,
  transport: candidate.protocol,
  priority: candidate.priority,
  ip: candidate.address,
  port: candidate.port,
  type: 'host',
  ...(candidate.protocol === 'tcp' && { tcptype: 'passive' }),
})

/** Which of our candidates the c= and m= lines name. */
export const defaultCandidate = ({ candidates }: WebRtcEnd): IceCandidate | undefined =>
  candidates.find(({ protocol }) => protocol === 'udp') ?? candidates[0]

function printWebRtc(
  transport: OwnTransport & { kind: 'webrtc' },
  sends: boolean,
): Partial<MediaDescription> {
  const { end, mid } = transport
  const first = defaultCandidate(end)
  const fingerprint = end.fingerprints.find(({ algorithm }) => algorithm === 'sha-256')
  return {
    port: first?.protocol === 'udp' ? first.port : DISCARD_PORT,
    iceUfrag: end.iceUsernameFragment,
    icePwd: end.icePassword,
    // The browser may move the call to another network by nominating anew, without a restart.
    iceOptions: 'renomination',
    candidates: end.candidates.map(printCandidate),
    endOfCandidates: 'end-of-candidates',
    ...(fingerprint && { fingerprint: { type: fingerprint.algorithm, hash: fingerprint.value } }),
    setup: transport.setup,
    ...(mid !== undefined && { mid }),
    rtcpMux: 'rtcp-mux',
    ...(transport.rtcpRsize && { rtcpRsize: 'rtcp-rsize' as const }),
    // Makes a stream of it in the browser (RFC 8830).
    ...(sends && { msid: [{ id: 'ringdown', appdata: 'audio' }] }),
  }
}

function printPlain(transport: OwnTransport & { kind: 'plain' }): Partial<MediaDescription> {
  const { port, cryptos, rtcpMux, rtcpXr } = transport
  return {
    port,
    ...(cryptos.length > 0 && {
      crypto: cryptos.map(({ tag, key }) => ({
        id: tag,
        suite: key.suite,
        config: `inline:${key.keyBase64}`,
      })),
    }),
    ...(rtcpMux && { rtcpMux: 'rtcp-mux' as const }),
    // The printer has no name for it.
    ...(rtcpXr.length > 0 && { invalid: [{ value: `rtcp-xr:${rtcpXr.join(' ')}` }] }),
  }
}

function extensionsOf({
  transport,
  audioLevelExtension,
}: OwnAudioLine): NonNullable<MediaDescription['ext']> {
  const mid = transport.kind === 'webrtc' ? transport.midExtension : undefined
  return [
    ...(mid === undefined ? [] : [{ value: mid, uri: MID_EXTENSION_URI }]),
    ...(audioLevelExtension === undefined
      ? []
      : [{ value: audioLevelExtension, direction: 'recvonly', uri: AUDIO_LEVEL_EXTENSION_URI }]),
  ]
}

function printAudio(line: OwnAudioLine): MediaDescription {
  const { transport, rtpMaps, direction } = line
  const sends = direction === 'sendrecv' || direction === 'sendonly'
  return {
    type: 'audio',
    port: 0,
    protocol: transport.protocol,
    payloads: rtpMaps.map((map) => map.payloadType).join(' '),
    rtp: rtpMaps.map((map) => ({
      payload: map.payloadType,
      codec: map.name,
      rate: map.rateHz,
      ...(map.channels > 1 && { encoding: map.channels }),
    })),
    fmtp: rtpMaps.flatMap(parametersOf),
    ptime: OWN_PTIME_MS,
    ext: extensionsOf(line),
    direction,
    ...(transport.kind === 'webrtc' ? printWebRtc(transport, sends) : printPlain(transport)),
  }
}

function printRefused({ type, protocol, formats, mid }: RefusedLine): MediaDescription {
  const named = mid === undefined ? {} : { mid }
  return { type, port: 0, protocol, payloads: formats, rtp: [], fmtp: [], ...named }
}

/** What a browser wants to know of the whole session. */
function printSession(media: OwnDescription['media']) {
  const ours = media.find((line) => line.kind === 'audio')?.transport
  if (ours?.kind !== 'webrtc') return {}
  const bundle = ours.bundled && ours.mid !== undefined ? ours.mid : undefined
  return {
    icelite: 'ice-lite',
    ...(bundle !== undefined && { groups: [{ type: 'BUNDLE', mids: bundle }] }),
  }
}

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
    ...printSession(own.media),
    media: own.media.map((line) => (line.kind === 'audio' ? printAudio(line) : printRefused(line))),
  })
}
