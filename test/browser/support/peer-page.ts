import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import type { IceCandidate, WebRtcEnd, WebRtcPeer } from '../../../engine/media/agreement.ts'
import type { Chromium } from './chromium.ts'

/** What the page keeps for the test. */
declare global {
  var pc: RTCPeerConnection
  var microphone: MediaStream
}

/** What the browser was told, in the fewest words that it takes. */
export function sdpOf(
  end: WebRtcEnd,
  setup: 'actpass' | 'passive' | 'active',
  types: string,
): string {
  const candidate = ({ foundation, priority, address, port, protocol }: IceCandidate): string =>
    `a=candidate:${foundation} 1 ${protocol} ${priority} ${address} ${port} typ host${protocol === 'tcp' ? ' tcptype passive' : ''}`
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    'a=ice-lite',
    'a=group:BUNDLE 0',
    `m=audio 9 UDP/TLS/RTP/SAVPF ${types}`,
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendrecv',
    'a=rtcp-mux',
    `a=ice-ufrag:${end.iceUsernameFragment}`,
    `a=ice-pwd:${end.icePassword}`,
    ...end.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${setup}`,
    'a=rtpmap:111 opus/48000/2',
    'a=rtpmap:110 telephone-event/48000',
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:126 telephone-event/8000',
    // Of an answer, the number would be the browser's, and mediasoup has only this one.
    ...(setup === 'actpass' ? ['a=extmap:1 urn:ietf:params:rtp-hdrext:sdes:mid'] : []),
    ...end.candidates.map(candidate),
    'a=end-of-candidates',
    '',
  ].join('\r\n')
}

/** What the browser said. */
export function peerOf(sdp: string, known: 'ssrc' | 'mid' = 'ssrc'): WebRtcPeer {
  const found = (pattern: RegExp): string => pattern.exec(sdp)?.[1] ?? ''
  const [algorithm = '', value = ''] = found(/a=fingerprint:(.+)/)
    .trim()
    .split(' ')
  return {
    fingerprints: [{ algorithm, value }],
    role: found(/a=setup:(\w+)/) === 'passive' ? 'server' : 'client',
    ssrc: known === 'ssrc' ? Number(found(/a=ssrc:(\d+)/)) : undefined,
    mid: found(/a=mid:(\S+)/),
    midExtension: Number(found(/a=extmap:(\d+) urn:ietf:params:rtp-hdrext:sdes:mid/)),
  }
}

/** A tab with one RTCPeerConnection and a microphone, and nothing else. */
export class PeerPage {
  readonly page: Page
  readonly #server: Server
  private constructor(page: Page, server: Server) {
    this.page = page
    this.#server = server
  }

  static async open({ browser }: Chromium): Promise<PeerPage> {
    // Pages of localhost may use a microphone.
    const server = createServer((_ask, answer) => answer.end('<!doctype html><title>peer</title>'))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await page.evaluate(async () => {
      globalThis.pc = new RTCPeerConnection()
      const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false }
      globalThis.microphone = await navigator.mediaDevices.getUserMedia({ audio })
      for (const track of microphone.getTracks()) pc.addTrack(track, microphone)
    })
    return new PeerPage(page, server)
  }

  /** The browser's answer to an offer of ours. */
  answer(offer: string): Promise<string> {
    return this.page.evaluate(async (sdp) => {
      await pc.setRemoteDescription({ type: 'offer', sdp })
      await pc.setLocalDescription()
      return pc.localDescription?.sdp ?? ''
    }, offer)
  }

  /** An offer of the browser, with new ICE credentials where asked. */
  offer(iceRestart = false): Promise<string> {
    return this.page.evaluate(async (restart) => {
      if (restart) pc.restartIce()
      await pc.setLocalDescription()
      return pc.localDescription?.sdp ?? ''
    }, iceRestart)
  }

  answered(answer: string): Promise<void> {
    return this.page.evaluate((sdp) => pc.setRemoteDescription({ type: 'answer', sdp }), answer)
  }

  state(): Promise<string> {
    return this.page.evaluate(() => pc.connectionState)
  }

  /** One report of RTCPeerConnection.getStats. */
  report(type: string): Promise<Record<string, unknown> | undefined> {
    return this.page.evaluate(async (wanted) => {
      const all = [...(await pc.getStats()).values()]
      return all.find((one) => one.type === wanted)
    }, type)
  }

  /** Of the pair of candidates in use. */
  async protocol(): Promise<unknown> {
    return (await this.#remoteCandidate())?.['protocol']
  }

  /** ICE credentials of ours that the pair in use was made with. */
  async remoteFragment(): Promise<unknown> {
    return (await this.#remoteCandidate())?.['usernameFragment']
  }

  #remoteCandidate(): Promise<Record<string, unknown> | undefined> {
    return this.page.evaluate(async () => {
      const all = await pc.getStats()
      const transport = [...all.values()].find(({ type }) => type === 'transport')
      return all.get(all.get(transport?.selectedCandidatePairId)?.remoteCandidateId)
    })
  }

  press(digits: string): Promise<void> {
    return this.page.evaluate((tones) => {
      const [sender] = pc.getSenders()
      sender?.dtmf?.insertDTMF(tones, 100, 70)
    }, digits)
  }

  /** Closes the connection as a page does that is left. */
  hangUp(): Promise<void> {
    return this.page.evaluate(() => pc.close())
  }

  /** The page is gone without a word to anybody. */
  crash(): void {
    // It never answers.
    this.page.goto('chrome://crash').catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.page.close()
    this.#server.close()
  }
}
