import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Button, IconButton } from '../../app/parts/button.tsx'
import { Select } from '../../app/parts/select.tsx'
import { clockTime, spokenLength, whenWords } from '../../app/words/time.ts'
import { ApiProblem, problemText } from '../api/problem.ts'
import { Moments, Transcript } from './said.tsx'
import type { Details, RecordingSource } from './source.ts'
import { Timeline } from './timeline.tsx'
import { type PeaksState, usePeaks } from './use-peaks.ts'
import { usePlayer } from './use-player.ts'
import { following, isWhole, moved, type Shown, zoomed } from './window.ts'

const speeds = [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2, 2.5]
const backS = 10

interface RecordingPlayerProps {
  readonly source: RecordingSource
  readonly details: Details
}

/** A recording to hear and to see. */
export function RecordingPlayer({ source, details }: RecordingPlayerProps): JSX.Element {
  const { duration } = details
  const player = usePlayer(source.audioUrl, duration)
  const [shown, setShown] = useState<Shown>({ from: 0, to: Math.max(duration, 0.1) })
  const buckets = useMemo(() => Math.min(2_000, Math.max(300, Math.round(innerWidth * 0.9))), [])
  const peaks = usePeaks(source, shown, buckets)
  const isPlaying = useRef(false)
  isPlaying.current = player.isPlaying
  useEffect(() => {
    if (isPlaying.current) setShown((was) => following(was, player.at, duration))
  }, [player.at, duration])
  const seek = (at: number): void => {
    player.seek(at)
    setShown((was) => following(was, Math.min(Math.max(0, at), duration), duration))
  }
  const zoom = (by: 'in' | 'out') => setShown((was) => zoomed(was, by, player.at, duration))
  const press = (key: string): boolean => {
    if (key === ' ' || key === 'Enter') player.toggle()
    else if (key === '+' || key === '=') zoom('in')
    else if (key === '-') zoom('out')
    else return false
    return true
  }
  return (
    <div class="recorded">
      <div class="clock">
        <Timeline {...{ details, shown, seek, press }} part={peaks.part} at={player.at} />
        <Waiting peaks={peaks} />
        {!isWhole(shown, duration) && (
          <Scroll shown={shown} duration={duration} setShown={setShown} />
        )}
        <div class="recorded-controls">
          <Button kind="primary" icon={player.isPlaying ? 'pause' : 'play'} onClick={player.toggle}>
            {player.isPlaying ? 'Pause' : 'Play'}
          </Button>
          <IconButton
            icon="back"
            label={`Back ${backS} seconds`}
            onClick={() => seek(player.at - backS)}
          />
          <span class="recorded-time">
            {clockTime(player.at)} / {clockTime(duration)}
          </span>
          <Select
            label="Speed"
            value={String(player.speed)}
            options={speeds.map((speed) => ({ id: String(speed), name: `${speed}×` }))}
            onChange={(speed) => player.setSpeed(Number(speed))}
          />
          <span class="recorded-zoom">
            <Button disabled={shown.to - shown.from <= 5} onClick={() => zoom('in')}>
              Zoom in
            </Button>
            <Button disabled={isWhole(shown, duration)} onClick={() => zoom('out')}>
              Zoom out
            </Button>
            <Button
              disabled={isWhole(shown, duration)}
              onClick={() => setShown({ from: 0, to: duration })}
            >
              All
            </Button>
          </span>
          <a class="button plain" href={source.downloadUrl} download>
            Download {details.format === 'opus' ? 'Ogg Opus' : 'WAV'} ({sizeWords(details.bytes)})
          </a>
        </div>
        {player.fault !== '' && (
          <p class="stale" role="alert">
            {player.fault}
          </p>
        )}
      </div>
      <div class="recorded-words">
        <Transcript details={details} at={player.at} seek={seek} />
        <Moments details={details} seek={seek} />
      </div>
    </div>
  )
}

/** In a line: when it was, how long it is. */
export function Facts({ details }: { readonly details: Details }): JSX.Element {
  const { startedAtMs, duration } = details
  const made = startedAtMs === undefined ? '' : whenWords(new Date(startedAtMs), new Date())
  return (
    <p class="call-facts">
      {made && <span>{made}</span>}
      <span>{spokenLength(duration)}</span>
      <span>{details.sides.length === 1 ? 'One channel' : 'Two channels'}</span>
    </p>
  )
}

function Waiting({ peaks }: { readonly peaks: PeaksState }): JSX.Element | null {
  const { part, problem, isAsking } = peaks
  if (problem !== undefined) {
    const isSealed = problem instanceof ApiProblem && problem.code === 'recording_sealed'
    const text = isSealed
      ? 'There is no waveform: the recording is encrypted, and the engine does not hold its key.'
      : `There is no waveform: ${problemText(problem)}`
    return <p class="muted">{text}</p>
  }
  if (part !== undefined || !isAsking) return null
  return (
    <p class="muted" role="status">
      The waveform is being fetched…
    </p>
  )
}

interface ScrollProps {
  readonly shown: Shown
  readonly duration: number
  readonly setShown: (shown: Shown) => void
}

/** Which part is shown. */
function Scroll({ shown, duration, setShown }: ScrollProps): JSX.Element {
  const length = shown.to - shown.from
  return (
    <label class="recorded-scroll">
      <span>
        {clockTime(shown.from)} to {clockTime(shown.to)}
      </span>
      <input
        type="range"
        aria-label="Part that is shown"
        min={0}
        max={Math.max(0, duration - length)}
        step={Math.max(0.1, length / 20)}
        value={shown.from}
        onInput={(event) => {
          const from = event.currentTarget.valueAsNumber
          setShown(moved({ from, to: from + length }, duration))
        }}
      />
    </label>
  )
}

function sizeWords(bytes: number): string {
  if (bytes < 1_000_000) return `${Math.max(1, Math.round(bytes / 1000))} kB`
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`
}
