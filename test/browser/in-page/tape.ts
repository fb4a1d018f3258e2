const worklet = `registerProcessor('tape', class extends AudioWorkletProcessor {
  process([input]) {
    this.port.postMessage(input.map((channel) => channel.slice()))
    return true
  }
})`

/** What a sound was when it was sent, and what came back, sample beside sample: both pass one audio graph. */
export class Tape {
  readonly #context: AudioContext
  #node: AudioWorkletNode | undefined
  #merger: ChannelMergerNode | undefined
  #heard: MediaStreamAudioSourceNode | undefined
  #blocks: Float32Array[][] = []

  constructor(context: AudioContext) {
    this.#context = context
  }

  /** From now on, until `stop`. */
  async start(sent: AudioNode, heard: MediaStream): Promise<void> {
    if (!this.#node) {
      const url = URL.createObjectURL(new Blob([worklet], { type: 'text/javascript' }))
      await this.#context.audioWorklet.addModule(url)
      URL.revokeObjectURL(url)
      const shape = { channelCount: 2, channelCountMode: 'explicit', numberOfOutputs: 1 } as const
      this.#node = new AudioWorkletNode(this.#context, 'tape', shape)
      this.#node.port.onmessage = ({ data }: MessageEvent<Float32Array[]>) => {
        this.#blocks.push(data)
      }
      this.#node.connect(this.#context.destination)
    }
    this.#merger = this.#context.createChannelMerger(2)
    this.#heard = this.#context.createMediaStreamSource(heard)
    sent.connect(this.#merger, 0, 0)
    this.#heard.connect(this.#merger, 0, 1)
    this.#blocks = []
    this.#merger.connect(this.#node)
  }

  stop(): { readonly sent: Float32Array; readonly heard: Float32Array } {
    this.#merger?.disconnect()
    this.#heard?.disconnect()
    const blocks = this.#blocks.filter((block) => block.length === 2)
    return { sent: joined(blocks, 0), heard: joined(blocks, 1) }
  }
}

function joined(blocks: readonly (readonly Float32Array[])[], channel: 0 | 1): Float32Array {
  const parts = blocks.map((block) => block[channel] ?? new Float32Array(0))
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
