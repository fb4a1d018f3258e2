/** The part of a recording that is shown, in seconds. */
export interface Shown {
  readonly from: number
  readonly to: number
}

/** Nobody needs to see less: the finest peaks are of 20 ms. */
export const shortestS = 5

/** Twice as near or as far, `at` staying where it is. */
export function zoomed(shown: Shown, by: 'in' | 'out', at: number, duration: number): Shown {
  const length = (shown.to - shown.from) * (by === 'in' ? 0.5 : 2)
  const wanted = Math.min(duration, Math.max(Math.min(shortestS, duration), length))
  const middle = Math.min(shown.to, Math.max(shown.from, at))
  const share = (middle - shown.from) / Math.max(0.001, shown.to - shown.from)
  return moved({ from: middle - wanted * share, to: middle + wanted * (1 - share) }, duration)
}

/** Inside the recording, as long as it was. */
export function moved({ from, to }: Shown, duration: number): Shown {
  const length = Math.min(duration, to - from)
  const begin = Math.min(Math.max(0, from), duration - length)
  return { from: begin, to: begin + length }
}

/** With that moment in it: as it is when it is there already, otherwise from there on. */
export function following(shown: Shown, at: number, duration: number): Shown {
  if (at >= shown.from && at <= shown.to) return shown
  const length = shown.to - shown.from
  return moved({ from: at - length * 0.1, to: at + length * 0.9 }, duration)
}

export const isWhole = ({ from, to }: Shown, duration: number): boolean =>
  to - from >= duration - 0.001

/** Where a moment is, 0 to 1. */
export const shareOf = ({ from, to }: Shown, at: number): number =>
  (at - from) / Math.max(0.001, to - from)
