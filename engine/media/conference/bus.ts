import type { PcmRateHz } from '../leg/codec.ts'
import { FrameConverter } from '../leg/frame-converter.ts'

/** What all members of one rate hear who do not speak. */
export class Bus {
  readonly rateHz: PcmRateHz
  readonly converter: FrameConverter
  /** The frame of this tick, lent until the next one. */
  pcm: Int16Array

  constructor(roomRateHz: PcmRateHz, rateHz: PcmRateHz) {
    this.rateHz = rateHz
    this.converter = new FrameConverter(roomRateHz, rateHz)
    this.pcm = new Int16Array(rateHz / 50)
  }

  render(common: Int16Array): void {
    this.pcm = this.converter.convert(common)
  }
}
