/** A block of 48 kHz: 5.3 ms. */
const BLOCK = 256
const LOUD_ENOUGH = 0.01

/** Tells when a tone is heard: as soon as it is most of what is in a block. */
export class ToneWatch {
  readonly #context: AudioContext
  readonly #toneHz: number
  readonly #heard: () => void
  #wires: AudioNode[] = []

  constructor(context: AudioContext, toneHz: number, heard: () => void) {
    this.#context = context
    this.#toneHz = toneHz
    this.#heard = heard
  }

  /** To this stream from now on, and to none of before. */
  listen(stream: MediaStream): void {
    for (const wire of this.#wires) wire.disconnect()
    const source = this.#context.createMediaStreamSource(stream)
    const tap = this.#context.createScriptProcessor(BLOCK, 1, 1)
    tap.onaudioprocess = ({ inputBuffer }) => {
      const share = toneShare(
        inputBuffer.getChannelData(0),
        this.#toneHz / this.#context.sampleRate,
      )
      if (share > 0.5) this.#heard()
    }
    source.connect(tap)
    tap.connect(this.#context.destination)
    this.#wires = [source, tap]
  }
}

/** How much of a block's power is of one frequency, as a share of the sampling rate (Goertzel); 0 of silence. */
function toneShare(block: Float32Array, frequency: number): number {
  const factor = 2 * Math.cos(2 * Math.PI * frequency)
  let [last, beforeLast, power] = [0, 0, 0]
  for (const sample of block) {
    ;[last, beforeLast] = [sample + factor * last - beforeLast, last]
    power += sample * sample
  }
  if (power < block.length * LOUD_ENOUGH * LOUD_ENOUGH) return 0
  const tone = last * last + beforeLast * beforeLast - factor * last * beforeLast
  return (2 * tone) / (block.length * power)
}
