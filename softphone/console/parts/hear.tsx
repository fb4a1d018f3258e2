import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { IconButton } from '../../app/parts/button.tsx'
import { problemText } from '../api/problem.ts'

interface HearProps {
  /** What is heard, in words. */
  readonly what: string
  readonly sound: () => Promise<Blob>
}

/** A button that has a short sound played, and stops it. */
export function Hear({ what, sound }: HearProps): JSX.Element {
  const [state, setState] = useState<'still' | 'fetching' | 'playing'>('still')
  const [problem, setProblem] = useState<unknown>()
  const stop = useRef<() => void>(() => undefined)
  useEffect(() => () => stop.current(), [])
  const play = async (): Promise<void> => {
    setState('fetching')
    setProblem(undefined)
    try {
      const address = URL.createObjectURL(await sound())
      const audio = new Audio(address)
      const end = () => {
        audio.pause()
        URL.revokeObjectURL(address)
        setState('still')
      }
      stop.current = end
      audio.addEventListener('ended', end, { once: true })
      await audio.play()
      setState('playing')
    } catch (error) {
      stop.current()
      setState('still')
      setProblem(error)
    }
  }
  const isStill = state === 'still'
  return (
    <span class="download">
      <IconButton
        icon={isStill ? 'play' : 'pause'}
        label={isStill ? `Hear ${what}` : `Stop ${what}`}
        disabled={state === 'fetching'}
        onClick={() => (isStill ? void play() : stop.current())}
      />
      {problem !== undefined && (
        <span class="stale" role="alert">
          {problemText(problem)}
        </span>
      )}
    </span>
  )
}
