import { useEffect, useState } from 'preact/hooks'
import type { PeaksPart, RecordingSource } from './source.ts'
import type { Shown } from './window.ts'

export interface PeaksState {
  readonly part: PeaksPart | undefined
  readonly problem: unknown
  readonly isAsking: boolean
}

/** While somebody zooms, only the last part is asked for. */
const settleMs = 120

/** The waveform of what is shown and no more; until the next part is there the last one stays. */
export function usePeaks(
  source: RecordingSource,
  { from, to }: Shown,
  buckets: number,
): PeaksState {
  const [state, setState] = useState<PeaksState>({
    ...{ part: undefined, problem: undefined, isAsking: true },
  })
  useEffect(() => {
    const abort = new AbortController()
    const ask = () => {
      setState((was) => ({ ...was, isAsking: true }))
      source.peaks(from, to, buckets, abort.signal).then(
        (part) => {
          if (!abort.signal.aborted) setState({ part, problem: undefined, isAsking: false })
        },
        (problem: unknown) => {
          if (!abort.signal.aborted) setState((was) => ({ ...was, problem, isAsking: false }))
        },
      )
    }
    const timer = setTimeout(ask, state.part === undefined ? 0 : settleMs)
    return () => {
      clearTimeout(timer)
      abort.abort()
    }
  }, [source, from, to, buckets])
  return state
}
