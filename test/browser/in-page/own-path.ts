/** Sound from one RTCPeerConnection to another in the same page: what a browser needs by itself. */
export class OwnPath {
  readonly heard: MediaStream
  readonly #ends: readonly RTCPeerConnection[]

  private constructor(heard: MediaStream, ends: readonly RTCPeerConnection[]) {
    this.heard = heard
    this.#ends = ends
  }

  /** `codec`: as SDP names it. */
  static async open(stream: MediaStream, codec: string): Promise<OwnPath> {
    const from = new RTCPeerConnection()
    const to = new RTCPeerConnection()
    join(from, to)
    join(to, from)
    const [track] = stream.getAudioTracks()
    if (!track) throw new Error('there is no sound to send')
    const line = from.addTransceiver(track, { direction: 'sendonly', streams: [stream] })
    const all = RTCRtpSender.getCapabilities('audio')?.codecs ?? []
    line.setCodecPreferences(all.filter(({ mimeType }) => mimeType === `audio/${codec}`))
    const heard = new Promise<MediaStream>((resolve) => {
      to.ontrack = ({ track: arrived }) => resolve(new MediaStream([arrived]))
    })
    await from.setLocalDescription()
    if (from.localDescription) await to.setRemoteDescription(from.localDescription)
    await to.setLocalDescription()
    if (to.localDescription) await from.setRemoteDescription(to.localDescription)
    await connected(from)
    return new OwnPath(await heard, [from, to])
  }

  close(): void {
    for (const end of this.#ends) end.close()
  }
}

function join(one: RTCPeerConnection, other: RTCPeerConnection): void {
  one.onicecandidate = ({ candidate }) => {
    if (candidate) void other.addIceCandidate(candidate)
  }
}

function connected(end: RTCPeerConnection): Promise<void> {
  return new Promise((resolve, reject) => {
    end.onconnectionstatechange = () => {
      if (end.connectionState === 'connected') resolve()
      if (end.connectionState === 'failed')
        reject(new Error('the two ends did not find each other'))
    }
  })
}
