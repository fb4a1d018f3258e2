/** One call's place in a mix. */
export interface MixMember {
  /** What is heard of it. */
  readonly heard: MediaStream
  /** Our own voice for it. */
  readonly voice: MediaStreamTrack
  /** Sends another track to it than its own voice. */
  send(track: MediaStreamTrack): Promise<void>
}

/**
 * Calls joined in the browser: each hears our voice and all others, and not itself. A mix ends, and its members
 * hear our voice alone again, when fewer than two are left.
 */
export class Mix {
  readonly #context = new AudioContext()
  readonly #members = new Set<MixMember>()
  #wires: AudioNode[] = []

  get members(): ReadonlySet<MixMember> {
    return this.#members
  }

  async set(members: readonly MixMember[]): Promise<void> {
    const left = [...this.#members].filter((member) => !members.includes(member))
    this.#members.clear()
    for (const member of members) this.#members.add(member)
    for (const wire of this.#wires) wire.disconnect()
    this.#wires = []
    // Those that left because their call is over take nothing any more.
    await Promise.allSettled(left.map((member) => member.send(member.voice)))
    await (members.length > 0 ? this.#context.resume() : this.#context.suspend())
    await Promise.all(members.map((member) => member.send(this.#mixFor(member))))
  }

  async close(): Promise<void> {
    await this.set([])
    await this.#context.close()
  }

  #mixFor(member: MixMember): MediaStreamTrack {
    const output = this.#context.createMediaStreamDestination()
    const others = [...this.#members].filter((other) => other !== member)
    const inputs = [new MediaStream([member.voice]), ...others.map((other) => other.heard)]
    for (const input of inputs) {
      const wire = this.#context.createMediaStreamSource(input)
      wire.connect(output)
      this.#wires.push(wire)
    }
    const [track] = output.stream.getAudioTracks()
    return track ?? member.voice
  }
}
