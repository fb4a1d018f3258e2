const RATE_HZ = 8000
const BLOCK = 1024

/** Keeps what a stream sounds like, as 16-bit samples of 8 kHz. */
export class Ear {
  #context: AudioContext | undefined
  #blocks: Int16Array[] = []
  #wires: AudioNode[] = []

  listen(stream: MediaStream): void {
    this.stop()
    this.#blocks = []
    this.#context ??= new AudioContext({ sampleRate: RATE_HZ })
    const source = this.#context.createMediaStreamSource(stream)
    // An AudioWorklet would need a module of its own; for a test this one is enough.
    const tap = this.#context.createScriptProcessor(BLOCK, 1, 1)
    tap.onaudioprocess = ({ inputBuffer }) => {
      const heard = inputBuffer.getChannelData(0)
      this.#blocks.push(Int16Array.from(heard, (one) => Math.max(-1, Math.min(1, one)) * 32_767))
    }
    source.connect(tap)
    tap.connect(this.#context.destination)
    this.#wires = [source, tap]
  }

  stop(): void {
    for (const wire of this.#wires) wire.disconnect()
    this.#wires = []
  }

  get ms(): number {
    return (this.#blocks.length * BLOCK * 1000) / RATE_HZ
  }

  /** All so far, in Base64 of little-endian samples. */
  take(): string {
    const bytes = this.#blocks.flatMap((block) => [
      ...new Uint8Array(block.buffer, block.byteOffset, block.byteLength),
    ])
    let text = ''
    for (let at = 0; at < bytes.length; at += 8192) {
      text += String.fromCharCode(...bytes.slice(at, at + 8192))
    }
    return btoa(text)
  }
}
