import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import {
  type Bar,
  type Lane,
  type Point,
  tickStepMs,
  tickText,
  timelineOf,
} from '../../../engine/api/pages/assets/timeline-model.js'
import { type Json, number, objectOf, text, timeMs } from '../api/json.ts'
import { useClient } from '../context.ts'
import type { CallStory } from '../views/call.tsx'
import { Waveform } from './waveform.tsx'

const width = 1_000
const left = 150
const right = 14
const laneHeight = 32
const top = 8

interface OneClockProps {
  readonly story: CallStory
  readonly choose: (message: Json) => void
}

/** Lanes of legs, verbs, SIP messages and sound, over one time axis; a line shows where the sound is. */
export function OneClock({ story, choose }: OneClockProps): JSX.Element {
  const timeline = timelineOf(story, Date.now())
  const { startMs, lengthMs, lanes } = timeline
  const sip = sipLanes(story.sip, startMs)
  const scale = (ms: number) => left + (Math.max(0, ms) / lengthMs) * (width - left - right)
  const recorded = story.recording
  const waveTop = top + (lanes.length + sip.length) * laneHeight
  const bottom = waveTop + (recorded ? 2 * laneHeight : 0)
  const [playedS, setPlayedS] = useState<number>()
  const player = useRef<HTMLAudioElement>(null)
  return (
    <div class="clock">
      <div class="drawing-place">
        {/* biome-ignore lint/a11y/useSemanticElements: a drawing has no fieldset */}
        <svg
          class="drawing"
          viewBox={`0 0 ${width} ${bottom + 26}`}
          role="group"
          aria-label="The call over time"
        >
          <Axis {...{ lengthMs, scale, bottom }} />
          {lanes.map((lane, i) => (
            <LaneRow key={lane.name} lane={lane} y={top + i * laneHeight} scale={scale} />
          ))}
          {sip.map((lane, i) => (
            <SipRow
              key={lane.name}
              lane={lane}
              y={top + (lanes.length + i) * laneHeight}
              scale={scale}
              choose={choose}
            />
          ))}
          {recorded && (
            <Waveform
              peaks={recorded.peaks}
              y={waveTop}
              height={2 * laneHeight}
              fromX={scale(recorded.startMs - startMs)}
              toX={scale(recorded.startMs - startMs + durationMs(recorded.peaks))}
              seek={(share) => {
                if (player.current) player.current.currentTime = share * player.current.duration
              }}
            />
          )}
          {recorded && playedS !== undefined && (
            <line
              class="head"
              x1={scale(recorded.startMs - startMs + playedS * 1000)}
              x2={scale(recorded.startMs - startMs + playedS * 1000)}
              y1={top}
              y2={bottom}
            />
          )}
        </svg>
      </div>
      {recorded && (
        <>
          <Player id={recorded.id} player={player} told={setPlayedS} />
          <p>
            <a href={`#/recordings/${recorded.id}`}>The recording by itself</a>
          </p>
        </>
      )}
    </div>
  )
}

const durationMs = (peaks: Json): number => (number(peaks, 'duration') ?? 0) * 1000

interface AxisProps {
  readonly lengthMs: number
  readonly scale: (ms: number) => number
  readonly bottom: number
}

function Axis({ lengthMs, scale, bottom }: AxisProps): JSX.Element {
  const stepMs = tickStepMs(lengthMs, 10)
  const ticks = Array.from({ length: Math.floor(lengthMs / stepMs) + 1 }, (_, i) => i * stepMs)
  return (
    <>
      {ticks.map((ms) => (
        <g key={ms}>
          <line class="grid" x1={scale(ms)} x2={scale(ms)} y1={top} y2={bottom} />
          <text x={scale(ms)} y={bottom + 17} text-anchor={ms === 0 ? 'start' : 'middle'}>
            {tickText(ms, stepMs)}
          </text>
        </g>
      ))}
    </>
  )
}

interface RowProps {
  readonly lane: Lane
  readonly y: number
  readonly scale: (ms: number) => number
}

function LaneRow({ lane, y, scale }: RowProps): JSX.Element {
  return (
    <g>
      <LaneName name={lane.name} y={y} />
      {lane.bars.map((bar) => (
        <BarBox key={`${bar.kind} ${bar.fromMs} ${bar.text}`} {...{ bar, y, scale }} />
      ))}
      {lane.points.map((point) => (
        <Mark key={`${point.ms} ${point.text}`} {...{ point, y, scale }} />
      ))}
    </g>
  )
}

function LaneName({ name, y }: { readonly name: string; readonly y: number }): JSX.Element {
  return (
    <text class="lane" x={0} y={y + laneHeight / 2 + 4}>
      {name.length > 20 ? `${name.slice(0, 19)}…` : name}
      <title>{name}</title>
    </text>
  )
}

function BarBox({ bar, y, scale }: Omit<RowProps, 'lane'> & { readonly bar: Bar }): JSX.Element {
  const x = scale(bar.fromMs)
  const long = Math.max(2, scale(bar.toMs) - x)
  return (
    <g>
      <rect class={`bar ${bar.kind}`} x={x} y={y + 6} width={long} height={laneHeight - 12} rx={4}>
        <title>{`${bar.text}: ${((bar.toMs - bar.fromMs) / 1000).toFixed(2)} s`}</title>
      </rect>
      {long > bar.text.length * 7 + 10 && (
        <text class="on" x={x + 7} y={y + laneHeight / 2 + 4}>
          {bar.text}
        </text>
      )}
    </g>
  )
}

function Mark({
  point,
  y,
  scale,
}: Omit<RowProps, 'lane'> & { readonly point: Point }): JSX.Element {
  const x = scale(point.ms)
  const says = `${point.text} at ${(point.ms / 1000).toFixed(2)} s`
  if (point.kind === 'digit')
    return (
      <g>
        <circle class="digit" cx={x} cy={y + laneHeight / 2} r={10}>
          <title>{says}</title>
        </circle>
        <text class="on" x={x} y={y + laneHeight / 2 + 4} text-anchor="middle">
          {point.text}
        </text>
      </g>
    )
  return (
    <line class="mark" x1={x} x2={x} y1={y + 3} y2={y + laneHeight - 3}>
      <title>{says}</title>
    </line>
  )
}

interface SipLane {
  readonly name: string
  readonly messages: readonly (Json & { readonly ms?: never })[]
  readonly startMs: number
}

/** A lane for each peer that SIP went to or came from. */
function sipLanes(messages: readonly Json[], startMs: number): readonly SipLane[] {
  const peers = [...new Set(messages.map((message) => text(message, 'remote')))]
  return peers.map((name) => ({
    ...{ name, startMs },
    messages: messages.filter((message) => text(message, 'remote') === name),
  }))
}

interface SipRowProps {
  readonly lane: SipLane
  readonly y: number
  readonly scale: (ms: number) => number
  readonly choose: (message: Json) => void
}

/** Triangles: above the line what was sent to the peer, below it what came from it. */
function SipRow({ lane, y, scale, choose }: SipRowProps): JSX.Element {
  const middle = y + laneHeight / 2
  return (
    <g>
      <LaneName name={lane.name} y={y} />
      <line class="rail-line" x1={left} x2={width - right} y1={middle} y2={middle} />
      {lane.messages.map((message, i) => {
        const x = scale((timeMs(message, 'at') ?? lane.startMs) - lane.startMs)
        const isOut = text(message, 'direction') === 'out'
        const pick = () => choose(message)
        return (
          // biome-ignore lint/a11y/useSemanticElements: a drawing has no button
          <path
            key={i}
            class={`sip ${toneOf(message)}`}
            d={isOut ? `M${x} ${middle - 2}l6 -11l-12 0z` : `M${x} ${middle + 2}l6 11l-12 0z`}
            role="button"
            tabindex={0}
            aria-label={`${isOut ? 'To' : 'From'} ${lane.name}: ${text(message, 'label')}`}
            onClick={pick}
            onKeyDown={(event) => {
              if (event.key === 'Enter' || event.key === ' ') pick()
            }}
          >
            <title>{`${isOut ? 'to' : 'from'} ${lane.name}: ${text(message, 'label')}`}</title>
          </path>
        )
      })}
    </g>
  )
}

/** By what the message says: a request, going on, done, refused. */
function toneOf(message: Json): string {
  const status = number(message, 'status')
  if (status === undefined) return 'request'
  if (status < 200) return 'going'
  return status < 300 ? 'done' : 'refused'
}

interface PlayerProps {
  readonly id: string
  readonly player: { current: HTMLAudioElement | null }
  readonly told: (seconds: number) => void
}

/** As long as nobody looks at one call. */
const listeningS = 12 * 3_600

/** The browser's own player can not send the key: it hears by a link, and fetches no more than what is heard. */
function Player({ id, player, told }: PlayerProps): JSX.Element {
  const client = useClient()
  useEffect(() => {
    let isGone = false
    const asked = { params: { recording_id: id }, body: { use: 'audio', ttl: listeningS } }
    client.ask('createRecordingLink', asked).then(
      (link) => {
        const url = URL.parse(text(objectOf(link), 'url'))
        if (!isGone && player.current && url) player.current.src = url.pathname
      },
      () => undefined,
    )
    return () => {
      isGone = true
    }
  }, [id])
  return (
    // biome-ignore lint/a11y/useMediaCaption: a recorded call has no captions
    <audio
      ref={player}
      aria-label="The recording"
      controls
      onTimeUpdate={(event) => told(event.currentTarget.currentTime)}
      onSeeked={(event) => told(event.currentTarget.currentTime)}
    />
  )
}
