import { useEffect, useRef, useState } from 'preact/hooks'

export interface Player {
  readonly isPlaying: boolean
  /** Seconds. */
  readonly at: number
  readonly speed: number
  /** Why it can not be heard; empty: it can. */
  readonly fault: string
  toggle(): void
  seek(at: number): void
  setSpeed(speed: number): void
}

/** The browser's own player without its looks: it fetches by ranges only what is heard. */
export function usePlayer(url: string, duration: number): Player {
  const audio = useRef<HTMLAudioElement>(null)
  const [state, setState] = useState({ isPlaying: false, at: 0, fault: '' })
  const [speed, setSpeed] = useState(1)
  useEffect(() => {
    const one = new Audio()
    one.preload = 'metadata'
    one.src = url
    audio.current = one
    const told = () =>
      setState((was) => ({ ...was, at: one.currentTime, isPlaying: !one.paused && !one.ended }))
    const failed = () => setState((was) => ({ ...was, fault: 'The audio can not be played' }))
    for (const type of ['timeupdate', 'seeking', 'play', 'pause', 'ended'])
      one.addEventListener(type, told)
    one.addEventListener('error', failed)
    return () => {
      one.pause()
      one.removeEventListener('error', failed)
      one.removeAttribute('src')
      one.load()
    }
  }, [url])
  useEffect(() => {
    if (audio.current) audio.current.playbackRate = speed
  }, [speed])
  return {
    ...{ ...state, speed, setSpeed },
    toggle() {
      const one = audio.current
      if (one === null) return
      if (!one.paused) return one.pause()
      one.playbackRate = speed
      one.play().catch((error: unknown) => {
        const isAborted = error instanceof DOMException && error.name === 'AbortError'
        if (!isAborted) setState((was) => ({ ...was, fault: 'The audio can not be played' }))
      })
    },
    seek(at) {
      const place = Math.min(Math.max(0, at), duration)
      if (audio.current) audio.current.currentTime = place
      setState((was) => ({ ...was, at: place }))
    },
  }
}
