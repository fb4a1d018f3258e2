/** What the media thread needs of a recording on disk; recordings/writer.ts is one. */
export interface Recorder {
  /** Copies `samples` of each channel; never waits, never throws. */
  write(left: Int16Array, right: Int16Array, samples: number): void
  /** Completes the file. Never rejects. */
  close(): Promise<RecorderResult>
}

interface RecorderResult {
  readonly path: string
  readonly durationMs: number
  readonly bytes: number
  readonly failure: 'no_space' | 'io_error' | null
}

/**
 * `onFailure` is called once when the disk does not take any more. `goesOnAt`: the file is there, closed, and so many
 * bytes long.
 */
export type OpenRecorder = (path: string, onFailure: () => void, goesOnAt?: number) => Recorder
