import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { clockTime } from '../../app/words/time.ts'
import type { Details } from './source.ts'
import { spanWords } from './timeline.tsx'

interface SaidProps {
  readonly details: Details
  readonly at: number
  readonly seek: (at: number) => void
}

const why: Readonly<Record<string, string>> = {
  '': 'Nobody asked for a transcript of this recording.',
  pending: 'The transcript is being made.',
  failed: 'No transcript could be made.',
  completed: 'No words were found in it.',
}

/** What was said, by whom; a click plays it. */
export function Transcript({ details, at, seek }: SaidProps): JSX.Element {
  const { segments, sides, transcriptStatus } = details
  const now = segments.findLast(({ start }) => start <= at + 0.05)
  const list = useRef<HTMLOListElement>(null)
  useEffect(() => {
    const place = list.current
    const row = place?.querySelector<HTMLElement>('[aria-current]')
    if (!place || !row) return
    const [top, bottom] = [
      row.offsetTop - place.offsetTop,
      row.offsetTop - place.offsetTop + row.offsetHeight,
    ]
    if (top < place.scrollTop || bottom > place.scrollTop + place.clientHeight)
      place.scrollTop = top - place.clientHeight / 3
  }, [now])
  return (
    <section class="said-part" aria-labelledby="transcript-title">
      <h2 id="transcript-title">Transcript</h2>
      {segments.length === 0 ? (
        <p class="muted">{why[transcriptStatus] ?? ''}</p>
      ) : (
        <ol class="moments" ref={list}>
          {segments.map((segment) => (
            <li key={`${segment.start} ${segment.channel}`}>
              <button
                type="button"
                class="moment"
                aria-current={segment === now ? 'true' : undefined}
                onClick={() => seek(segment.start)}
              >
                <span class="moment-time">{clockTime(segment.start)}</span>
                <span class={`moment-side ${segment.channel === 0 ? 'left' : 'right'}`}>
                  {sides[segment.channel] || (segment.channel === 0 ? 'Left' : 'Other side')}
                </span>
                <span>{segment.text}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
    </section>
  )
}

/** The marks in words. */
export function Moments({ details, seek }: Omit<SaidProps, 'at'>): JSX.Element | null {
  const spans = details.spans.map(({ kind, start, end, held }) => ({
    ...{ kind, at: start, text: spanWords(kind, held || end - start) },
  }))
  const all = [...details.marks, ...spans].sort((one, other) => one.at - other.at)
  if (all.length === 0) return null
  return (
    <section class="said-part" aria-labelledby="moments-title">
      <h2 id="moments-title">What happened</h2>
      <ol class="moments">
        {all.map((mark, i) => (
          <li key={`${mark.at} ${i}`}>
            <button type="button" class="moment" onClick={() => seek(mark.at)}>
              <span class="moment-time">{clockTime(mark.at)}</span>
              <span class={`moment-dot ${mark.kind}`} aria-hidden="true" />
              <span>{mark.text}</span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  )
}
