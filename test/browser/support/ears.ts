import { rmsDbfs } from '../../../engine/dsp/levels.ts'
import { eventually } from '../../support/engine-process.ts'
import { toneMs } from '../../support/tone-times.ts'

/** Who hears something, and what tests wait to hear. */
export abstract class Ears {
  /** What it sounds like for so long, 8 kHz. */
  abstract hears(forMs: number): Promise<Int16Array>

  /** Waits until that tone is heard, and next to nothing else. */
  async hearsTone(hz: number): Promise<void> {
    await eventually(
      async () => toneMs(await this.hears(1000), hz),
      (heardMs) => heardMs > 700,
    )
  }

  /** Waits until it sounds like this; what it was then. */
  hearsWhat(isIt: (pcm: Int16Array) => boolean, forMs = 1000): Promise<Int16Array> {
    return eventually(() => this.hears(forMs), isIt)
  }

  /** Waits for what who is held hears: sound, and nothing of the other side's tone. */
  async hearsMusic(otherHz: number): Promise<void> {
    await this.hearsWhat((pcm) => toneMs(pcm, otherHz) === 0 && rmsDbfs(pcm) > -45)
  }
}
