import type { WebRtcEnd } from '../../../engine/media/agreement.ts'
import type { OpenedLeg } from '../../../engine/media/messages.ts'
import { SdpSession, type SdpSessionOptions } from '../../../engine/media/sdp/session.ts'

/** What a leg towards phones has opened, and one towards browsers. */
export const phone: OpenedLeg = { port: 5000 }

export const webRtcEnd = (round = 1): WebRtcEnd => ({
  iceUsernameFragment: `ours${round}`,
  icePassword: `password-of-ours-${round}-abcdef`,
  fingerprints: [
    { algorithm: 'sha-1', value: fingerprint(20) },
    { algorithm: 'sha-256', value: fingerprint(32) },
  ],
  candidates: [
    {
      ...{ foundation: 'tcpcandidate', priority: 1_076_276_479, protocol: 'tcp' },
      ...{ address: '198.51.100.7', port: 44_000 },
    },
    {
      ...{ foundation: 'udpcandidate', priority: 1_076_302_079, protocol: 'udp' },
      ...{ address: '198.51.100.7', port: 44_001 },
    },
  ],
})
export const browser: OpenedLeg = { webrtc: webRtcEnd() }

export function fingerprint(bytes: number, first = 0): string {
  const hex = (n: number) => ((first + n) % 256).toString(16).toUpperCase().padStart(2, '0')
  return Array.from({ length: bytes }, (_, n) => hex(n)).join(':')
}

export const session = (options: Partial<SdpSessionOptions> = {}): SdpSession =>
  new SdpSession({
    ...{ webrtc: false, publicAddress: '198.51.100.7', sessionId: 7, ipv4: true, ipv6: true },
    ...options,
  })

const head = ['v=0', 'o=phone 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0']

/** A description of somebody at 192.0.2.1. */
export const text = (...lines: readonly string[]): string =>
  `${[...head, ...lines].join('\r\n')}\r\n`

export const linesOf = (sdp: string, beginning: string): string[] =>
  sdp.split('\r\n').filter((line) => line.startsWith(beginning))
