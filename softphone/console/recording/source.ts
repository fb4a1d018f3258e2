import { type Json, number, objectOf, rows, text, timeMs } from '../api/json.ts'
import { ApiProblem } from '../api/problem.ts'

/** Seconds of the file's own time. */
export interface Mark {
  readonly kind: string
  readonly at: number
  readonly text: string
}

export interface Span {
  readonly kind: string
  readonly start: number
  readonly end: number
  /** Of a pause: how long it was. */
  readonly held: number
}

export interface Segment {
  readonly start: number
  readonly end: number
  readonly channel: number
  readonly text: string
}

/** All that the page of a recording shows besides its sound and its waveform. */
export interface Details {
  readonly title: string
  /** Milliseconds since 1970. */
  readonly startedAtMs: number | undefined
  readonly duration: number
  readonly format: string
  readonly bytes: number
  /** Who is heard on each channel; empty: not known. */
  readonly sides: readonly string[]
  readonly marks: readonly Mark[]
  readonly spans: readonly Span[]
  readonly segments: readonly Segment[]
  readonly transcriptStatus: string
  readonly expiresAtMs: number | undefined
}

export interface Channel {
  readonly min: readonly number[]
  readonly max: readonly number[]
}

export interface PeaksPart {
  /** Seconds: where its first stretch begins, and how long each is. */
  readonly from: number
  readonly stretch: number
  readonly channels: readonly Channel[]
}

/** Where a page has a recording from. Every function fails with an ApiProblem. */
export interface RecordingSource {
  readonly audioUrl: string
  readonly downloadUrl: string
  details(): Promise<Details>
  /** Waits while the engine makes them. */
  peaks(from: number, to: number, buckets: number, signal: AbortSignal): Promise<PeaksPart>
}

/** By a signed link, whose path is `/listen/<token>`. */
export function sharedSource(path: string): RecordingSource {
  return {
    audioUrl: `${path}/audio`,
    downloadUrl: `${path}/audio?download=1`,
    details: async () => detailsOf(await answer(`${path}/details`)),
    peaks: (from, to, buckets, signal) =>
      patiently(async () => {
        const query = new URLSearchParams({ from: inQuery(from), to: inQuery(to) })
        const body = await answer(`${path}/peaks?${query}&buckets=${buckets}`, signal)
        return peaksOf(body)
      }, signal),
  }
}

const inQuery = (seconds: number): string => Math.max(0, seconds).toFixed(3)

async function answer(path: string, signal?: AbortSignal): Promise<Json> {
  const response = await fetch(path, { cache: 'no-store', ...(signal && { signal }) }).catch(
    () => undefined,
  )
  if (response === undefined) throw new ApiProblem(0, 'The engine can not be reached')
  const body = objectOf(await response.json().catch(() => undefined))
  if (response.ok) return body
  const error = objectOf(body['error'])
  const said = text(error, 'message') || `The engine answered ${response.status}`
  throw new ApiProblem(response.status, said, text(error, 'code'))
}

const againMs = 1_500
const mostTries = 200

/** Peaks of a long recording that has none yet take a while to be made. */
async function patiently<Value>(ask: () => Promise<Value>, signal: AbortSignal): Promise<Value> {
  for (let tries = 1; ; tries++) {
    try {
      return await ask()
    } catch (error) {
      const isMade = !(error instanceof ApiProblem) || error.code !== 'not_ready'
      if (isMade || tries === mostTries || signal.aborted) throw error
      await new Promise((resolve) => setTimeout(resolve, againMs))
    }
  }
}

function detailsOf(body: Json): Details {
  const sides = body['sides']
  return {
    title: text(body, 'title'),
    startedAtMs: timeMs(body, 'started_at'),
    duration: number(body, 'duration') ?? 0,
    format: text(body, 'format'),
    bytes: number(body, 'bytes') ?? 0,
    sides: (Array.isArray(sides) ? sides : []).map((side) =>
      typeof side === 'string' ? side : '',
    ),
    marks: marksOf(body),
    spans: rows(body, 'spans').map((row) => ({
      ...{
        kind: text(row, 'kind'),
        start: number(row, 'start') ?? 0,
        end: number(row, 'end') ?? 0,
      },
      held: number(row, 'held') ?? 0,
    })),
    segments: rows(body, 'segments').map((row) => ({
      ...{ start: number(row, 'start') ?? 0, end: number(row, 'end') ?? 0 },
      ...{ channel: number(row, 'channel') ?? 0, text: text(row, 'text') },
    })),
    transcriptStatus: text(body, 'transcript_status'),
    expiresAtMs: timeMs(body, 'expires_at'),
  }
}

export const marksOf = (body: unknown): readonly Mark[] =>
  rows(body, 'marks').map((row) => ({
    ...{ kind: text(row, 'kind'), at: number(row, 'at') ?? 0, text: text(row, 'text') },
  }))

function peaksOf(body: Json): PeaksPart {
  return {
    from: number(body, 'from') ?? 0,
    stretch: number(body, 'stretch') ?? 1,
    channels: rows(body, 'channels').map((row) => ({
      ...{ min: numbers(row['min']), max: numbers(row['max']) },
    })),
  }
}

const numbers = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'number') : []
