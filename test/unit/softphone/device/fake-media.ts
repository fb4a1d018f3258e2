import { vi } from 'vitest'

/** Peer connections and a microphone that carry nothing. */
export class FakeMedia {
  readonly tracks: FakeTrack[] = []
  /** getUserMedia waits for it, and fails with it. */
  permission: Promise<unknown> = Promise.resolve()
  connections = 0
  /** The ways to the other sides. */
  isOpen = true
  readonly pressed: string[] = []
  readonly keypad = {
    canInsertDTMF: true,
    insertDTMF: (keys: string): void => void this.pressed.push(keys),
  }

  constructor() {
    const media = this
    vi.stubGlobal('navigator', {
      mediaDevices: {
        getUserMedia: async () => {
          await media.permission
          return new FakeStream([new FakeTrack(media.tracks)])
        },
      },
    })
    vi.stubGlobal('MediaStream', FakeStream)
    vi.stubGlobal('MediaStreamTrackEvent', Event)
    vi.stubGlobal(
      'RTCPeerConnection',
      class extends FakeConnection {
        constructor() {
          super(media)
        }
      },
    )
  }

  /** Tracks that are open. */
  get open(): number {
    return this.tracks.filter(({ readyState }) => readyState === 'live').length
  }
}

class FakeTrack {
  readonly kind = 'audio'
  enabled = true
  readyState: 'live' | 'ended' = 'live'
  readonly #all: FakeTrack[]
  constructor(all: FakeTrack[]) {
    this.#all = all
    all.push(this)
  }
  clone(): FakeTrack {
    return new FakeTrack(this.#all)
  }
  stop(): void {
    this.readyState = 'ended'
  }
}

class FakeStream extends EventTarget {
  readonly #tracks: FakeTrack[]
  constructor(tracks: FakeTrack[] = []) {
    super()
    this.#tracks = tracks
  }
  getTracks(): FakeTrack[] {
    return this.#tracks
  }
  getAudioTracks(): FakeTrack[] {
    return this.#tracks
  }
  getVideoTracks(): FakeTrack[] {
    return []
  }
  addTrack(track: FakeTrack): void {
    this.#tracks.push(track)
  }
  removeTrack(): void {}
}

interface Description {
  readonly type: string
  readonly sdp: string
}

interface FakeSender {
  track: unknown
  replaceTrack(): Promise<void>
  readonly dtmf: unknown
}

class FakeConnection extends EventTarget {
  signalingState = 'stable'
  readonly iceGatheringState = 'complete'
  iceConnectionState = 'connected'
  get connectionState(): string {
    return this.#media.isOpen ? 'connected' : 'connecting'
  }
  localDescription: Description | null = null
  remoteDescription: Description | null = null
  readonly #media: FakeMedia
  readonly #sender: FakeSender
  readonly #transceiver: object

  constructor(media: FakeMedia) {
    super()
    this.#media = media
    this.#sender = { track: undefined, replaceTrack: async () => undefined, dtmf: media.keypad }
    this.#transceiver = { sender: this.#sender, receiver: {}, direction: 'sendrecv', stop() {} }
    media.connections += 1
  }

  getSenders(): unknown[] {
    return this.#sender.track === undefined ? [] : [this.#sender]
  }
  getReceivers(): unknown[] {
    return []
  }
  getTransceivers(): unknown[] {
    return [this.#transceiver]
  }
  addTrack(track: unknown): void {
    this.#sender.track = track
  }
  async createOffer(): Promise<Description> {
    return { type: 'offer', sdp: 'v=0\r\n' }
  }
  async createAnswer(): Promise<Description> {
    return { type: 'answer', sdp: 'v=0\r\n' }
  }
  async setLocalDescription(description: Description): Promise<void> {
    this.localDescription = description
    this.signalingState = description.type === 'offer' ? 'have-local-offer' : 'stable'
  }
  async setRemoteDescription(description: Description): Promise<void> {
    this.remoteDescription = description
    this.signalingState = description.type === 'offer' ? 'have-remote-offer' : 'stable'
  }
  async getStats(): Promise<Map<string, unknown>> {
    return new Map()
  }
  close(): void {
    if (this.signalingState !== 'closed') this.#media.connections -= 1
    this.signalingState = 'closed'
  }
}
