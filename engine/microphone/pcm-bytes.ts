/** 16-bit samples, little end first, out of chunks that may end inside a sample. */
export class PcmBytes {
  /** The first byte of a sample whose other one has not come. */
  #half: number | undefined

  samplesOf(chunk: Uint8Array): Int16Array {
    const isCarried = this.#half !== undefined
    const bytes = chunk.length + (isCarried ? 1 : 0)
    const whole = new Uint8Array(bytes)
    if (this.#half !== undefined) whole[0] = this.#half
    whole.set(chunk, isCarried ? 1 : 0)
    this.#half = bytes % 2 === 1 ? whole[bytes - 1] : undefined
    const view = new DataView(whole.buffer)
    return Int16Array.from({ length: bytes >> 1 }, (_, n) => view.getInt16(n * 2, true))
  }
}
