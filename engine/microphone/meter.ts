import { peak, rmsDbfs } from '../dsp/levels.ts'

const cells = 30
const floorDbfs = -60
const fullScale = 32_767

/** What a microphone gives now, as a line of text: `00:03.2 [######      ]  -23.4 dBFS`. */
export class LevelMeter {
  readonly #rateHz: number
  #samples = 0
  #levelDbfs = -120
  #clippedAtMs: number | undefined

  constructor(rateHz: number) {
    this.#rateHz = rateHz
  }

  take(pcm: Int16Array): void {
    if (pcm.length === 0) return
    this.#samples += pcm.length
    this.#levelDbfs = rmsDbfs(pcm)
    if (peak(pcm) >= fullScale) this.#clippedAtMs ??= this.elapsedMs
  }

  /** Of the samples, not of the clock. */
  get elapsedMs(): number {
    return (this.#samples * 1000) / this.#rateHz
  }

  /** A sample was as great as there is: said until the end, for whoever looks away. */
  get isClipped(): boolean {
    return this.#clippedAtMs !== undefined
  }

  /** Of one width, so that it can be written over itself. */
  line(): string {
    const level = Math.max(floorDbfs, this.#levelDbfs)
    const filled = Math.round((cells * (level - floorDbfs)) / -floorDbfs)
    const bar = '#'.repeat(filled).padEnd(cells)
    const figure = level.toFixed(1).padStart(6)
    const mark = this.#clippedAtMs === undefined ? '' : ` CLIPPED at ${timeText(this.#clippedAtMs)}`
    return `${timeText(this.elapsedMs)} [${bar}] ${figure} dBFS${mark.padEnd(19)}`
  }
}

/** `01:23.4` */
export function timeText(ms: number): string {
  const tenths = Math.floor(ms / 100)
  const minutes = String(Math.floor(tenths / 600)).padStart(2, '0')
  const seconds = String(Math.floor(tenths / 10) % 60).padStart(2, '0')
  return `${minutes}:${seconds}.${tenths % 10}`
}
