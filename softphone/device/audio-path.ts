import { type Session, Web } from 'sip.js'
import type { MixMember } from './mix.ts'

/** Options of a call's session description handler, with the call's own microphone track. */
export interface CallMedia extends Web.SessionDescriptionHandlerOptions {
  readonly track?: MediaStreamTrack
}

/** A browser's own candidates are of no use to a server with ICE-lite: it only waits for the browser's checks. */
const GATHER_MS = 50

const NO_TRACK = 'a call has a microphone track before it has a session'

/** Session description handlers whose microphone is the track in their options. Relays are asked for by each call. */
export const handlerFactory =
  (iceServers: () => RTCIceServer[]) =>
  (session: Session): Web.SessionDescriptionHandler =>
    new Web.SessionDescriptionHandler(
      session.userAgent.getLogger('sip.SessionDescriptionHandler'),
      (_constraints, _handler, options) => {
        const { track } = (options ?? {}) as CallMedia
        return track
          ? Promise.resolve(new MediaStream([track]))
          : Promise.reject(new Error(NO_TRACK))
      },
      {
        iceGatheringTimeout: GATHER_MS,
        peerConnectionConfiguration: {
          bundlePolicy: 'max-bundle',
          rtcpMuxPolicy: 'require',
          iceServers: iceServers(),
        },
      },
    )

/** The audio of one session: its peer connection, our track into it, and what comes out. */
export class AudioPath implements MixMember {
  readonly #session: Session
  #voice: MediaStreamTrack

  constructor(session: Session, voice: MediaStreamTrack) {
    this.#session = session
    this.#voice = voice
  }

  /** Our microphone, for this call alone. */
  get voice(): MediaStreamTrack {
    return this.#voice
  }

  /** Another microphone from now on; returns the track of before. */
  async speakBy(voice: MediaStreamTrack): Promise<MediaStreamTrack> {
    const before = this.#voice
    voice.enabled = before.enabled
    await this.send(voice)
    this.#voice = voice
    return before
  }

  /** For the first offer or answer. */
  get first(): CallMedia {
    return {
      constraints: { audio: true, video: false },
      iceGatheringTimeout: GATHER_MS,
      track: this.voice,
    }
  }

  /** For later ones; `restart`: ICE begins anew. */
  later(held: boolean, restart: boolean): CallMedia {
    return { hold: held, iceGatheringTimeout: GATHER_MS, offerOptions: { iceRestart: restart } }
  }

  get connection(): RTCPeerConnection | undefined {
    const handler = this.#session.sessionDescriptionHandler
    return handler instanceof Web.SessionDescriptionHandler ? handler.peerConnection : undefined
  }

  get heard(): MediaStream {
    const handler = this.#session.sessionDescriptionHandler
    if (handler instanceof Web.SessionDescriptionHandler) return handler.remoteMediaStream
    return new MediaStream()
  }

  get hasAudio(): boolean {
    return this.connection !== undefined && this.heard.getAudioTracks().length > 0
  }

  async send(track: MediaStreamTrack): Promise<void> {
    await this.#sender?.replaceTrack(track)
  }

  /** Presses keys (RFC 4733); false: the other side takes none, or the way there is not open and they would be lost. */
  sendKeys(keys: string, keyMs: number, gapMs: number): boolean {
    const dtmf = this.#sender?.dtmf
    if (!dtmf?.canInsertDTMF || this.connection?.connectionState !== 'connected') return false
    dtmf.insertDTMF(keys, keyMs, gapMs)
    return true
  }

  close(): void {
    this.#session.sessionDescriptionHandler?.close()
  }

  /** The other side's last description says that it takes no audio of ours. */
  get heldByRemote(): boolean {
    const sdp = this.connection?.remoteDescription?.sdp ?? ''
    return /^a=(sendonly|inactive)\r?$/m.test(sdp)
  }

  get #sender(): RTCRtpSender | undefined {
    return this.connection?.getTransceivers()[0]?.sender
  }
}
