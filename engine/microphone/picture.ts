import { peak } from '../dsp/levels.ts'

const columns = 64
/** Above the middle and below it. */
const halfRows = 4
const fullScale = 32_768

/** The waveform in nine lines of text; a full column is full scale. */
export function pictureOf(pcm: Int16Array): string {
  const heights = Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * pcm.length) / columns)
    const to = Math.floor(((column + 1) * pcm.length) / columns)
    return (peak(pcm, from, to - from) / fullScale) * halfRows
  })
  const lines: string[] = []
  for (let row = halfRows; row >= -halfRows; row--) {
    const cells = heights.map((height) => (row === 0 ? '-' : cell(height, Math.abs(row))))
    lines.push(cells.join('').trimEnd())
  }
  return lines.join('\n')
}

/** Filled from the middle outward; what does not reach half of a cell leaves it empty. */
const cell = (height: number, row: number): string => (height >= row - 0.5 ? '#' : ' ')
