import { soundBlocks } from '../../recordings/index.ts'
import type { Closers } from '../app/closing.ts'
import { Transcripts } from '../app/recordings/transcripts.ts'
import { mostRecognised, Recogniser, recognisedWithinMs } from '../app/speech/recogniser.ts'
import { type Config, childEnvironment } from '../config/index.ts'
import { SherpaTranscriber } from '../sherpa/index.ts'
import type { Build } from './build.ts'
import { clock } from './clock.ts'

/** Who waits on the phone goes before recordings, and behind the calls. */
const liveNiceness = 5

/**
 * Words of those who speak on the phone, by the model that is set, if any. In a process of its own: nobody waits there
 * for a recording that is being transcribed.
 */
export function openRecogniser({ speech }: Config, closers: Closers): Recogniser | undefined {
  const { transcribeModelDir: folder, threads } = speech
  if (folder === undefined) return undefined
  const transcriber = new SherpaTranscriber({
    ...{ folder, threads, environment: childEnvironment() },
    ...{ timeLimitMs: recognisedWithinMs, maxJobs: mostRecognised, niceness: liveNiceness },
  })
  closers.add(() => transcriber.close())
  return new Recogniser(transcriber, clock)
}

/** Transcription, by the model that is set, if any. */
export function openTranscripts({ config, ports, closers, log }: TranscriptBuild): Transcripts {
  const { transcribeModelDir: folder, threads } = config.speech
  const transcriber =
    folder === undefined
      ? undefined
      : new SherpaTranscriber({ folder, threads, environment: childEnvironment() })
  const missing = transcriber?.unavailableBecause()
  if (missing !== undefined) log.warn('recordings can not be transcribed', { reason: missing })
  if (transcriber) closers.add(() => transcriber.close())
  const transcripts = new Transcripts(ports, {
    transcriber,
    async *soundOf(recording) {
      const { stream } = await ports.recordingFiles.open(recording)
      yield* soundBlocks(bytesOf(stream), recording.format ?? 'wav')
    },
  })
  closers.add(() => transcripts.close())
  return transcripts
}

type TranscriptBuild = Pick<Build, 'config' | 'ports' | 'closers' | 'log'>

async function* bytesOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const piece of stream) {
    if (typeof piece === 'string') throw new Error('audio came as text')
    yield piece
  }
}
