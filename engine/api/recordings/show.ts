import { type Static, Type } from 'typebox'
import type { RecordingStory } from '../../app/recordings/story.ts'
import type { Peaks, PeaksWanted } from '../../core/ports/recording-peaks.ts'

const longestS = 1_000_000

export const peaksQuerySchema = Type.Object(
  {
    buckets: Type.Optional(
      Type.Integer({ minimum: 10, maximum: 4000, default: 800, description: 'Stretches at most' }),
    ),
    from: Type.Optional(
      Type.Number({ minimum: 0, maximum: longestS, description: 'Seconds; 0 if absent' }),
    ),
    to: Type.Optional(
      Type.Number({ minimum: 0, maximum: longestS, description: 'Seconds; its end if absent' }),
    ),
  },
  { additionalProperties: false },
)

export const readPeaksQuery = ({
  buckets = 800,
  from,
  to,
}: Static<typeof peaksQuerySchema>): PeaksWanted => ({
  buckets,
  ...(from !== undefined && { fromMs: from * 1000 }),
  ...(to !== undefined && { toMs: to * 1000 }),
})

export const renderPeaks = ({ rateHz, durationMs, fromMs, bucketMs, channels }: Peaks) => ({
  ...{ rate: rateHz, duration: durationMs / 1000, from: fromMs / 1000, stretch: bucketMs / 1000 },
  channels,
})

export const renderStory = ({ title, startedAtMs, sides, marks }: RecordingStory) => ({
  ...{ title, sides, started_at: new Date(startedAtMs).toISOString() },
  marks: marks.map(({ kind, atMs, text }) => ({ kind, at: atMs / 1000, text })),
})
