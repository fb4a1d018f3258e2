import type { RecordLayout } from '../../core/ports/media.ts'
import { isOneChannel, type TalkRecording } from '../../core/verbs.ts'
import type { RunningRecording } from '../live-call.ts'
import type { Run } from '../program.ts'
import { type RecordOptions, startRecording, stopRecording } from '../recording.ts'
import { announceRecording } from '../recordings/announce.ts'

/** What a `dial` says of it. */
export interface TalkTerms {
  readonly record?: boolean
  readonly recording?: TalkRecording
}

/** Records the talk that a `dial` leads to, or from when the other phone rings. What is recorded already goes on as it is. */
export class TalkRecorder {
  readonly #run: Run
  readonly #terms: TalkTerms
  #begun: RunningRecording | undefined

  constructor(run: Run, terms: TalkTerms) {
    this.#run = run
    this.#terms = terms
  }

  /** Somebody is being called. A caller who is not answered yet is not recorded before he is. */
  async ringing(): Promise<void> {
    const { record, recording } = this.#terms
    if (this.#begun) return
    if (record && recording?.from === 'ringing' && this.#run.call.state.at === 'up') {
      await this.#begin()
    }
  }

  /** The two are connected: whoever comes has to be told, too. */
  async talking(): Promise<void> {
    if (!this.#terms.record) return
    if (this.#begun) await announceRecording(this.#run.ports, this.#run.call)
    else await this.#begin()
  }

  /** Ends what it has begun. */
  async end(): Promise<void> {
    const { call } = this.#run
    if (this.#begun && call.recording?.id === this.#begun.id) await stopRecording(this.#run)
  }

  async #begin(): Promise<void> {
    const { call, calls, ports } = this.#run
    if (call.recording) return
    if (!calls.space.isLow) await announceRecording(ports, call)
    const { recording = {} } = this.#terms
    this.#begun = await startRecording(this.#run, layoutOf(recording), this.#options(recording))
  }

  #options(recording: TalkRecording): RecordOptions {
    const { callback, track = 'both', trim } = recording
    const { recordingFiles } = this.#run.ports
    return {
      ...(callback && { told: { callback, track, source: 'dial' } }),
      ...(trim &&
        isOneChannel(recording) && {
          finish: (path: string) => recordingFiles.finishMessage(path, true),
        }),
    }
  }
}

function layoutOf({ channels = 2, track = 'both' }: TalkRecording): RecordLayout {
  if (track !== 'both') return track === 'inbound' ? 'received' : 'sent'
  return channels === 1 ? 'mixed' : 'receivedLeft'
}
