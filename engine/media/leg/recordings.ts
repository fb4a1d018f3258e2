import type { CallId, RecordingId } from '../../core/ids.ts'
import {
  plainRecordFile,
  type RecordFile,
  type RecordLayout,
  type RecordMode,
} from '../../core/ports/media.ts'
import type { RecordingSpan } from '../../core/ports/recordings.ts'
import type { CommandName, Commands, Notice, PackedRecording } from '../messages.ts'
import { KeyMask } from './key-mask.ts'
import type { Leg } from './leg.ts'
import type { OpenRecorder, Recorder } from './recorder.ts'
import { Continuation, outcomeOf, type Standing, standingAt } from './standing.ts'
import { channelsOf, inOrder, Tape } from './tape.ts'

interface RunningRecording {
  readonly id: RecordingId
  readonly recorder: Recorder
  /** Present where keys are not to be heard. */
  readonly keys: KeyMask | undefined
  readonly path: string
  readonly layout: RecordLayout
  readonly file: RecordFile
  readonly tape: Tape
  /** Somebody else began the file. */
  readonly continuation: Continuation | undefined
}

interface Environment {
  readonly openRecorder: OpenRecorder
  readonly tell: (notice: Notice) => void
  /** When the last tick was due, on the clock that all threads have. */
  readonly tickedAtMs: () => number
  leg(id: CallId): Leg | undefined
}

type RecordCommand = 'startRecording' | 'setRecording' | 'stopRecording'
type Answer<Name extends CommandName> = Commands[Name]['answer']

/** What the media thread does for each command about recordings of legs. */
type RecordHandlers = {
  [Name in RecordCommand]: (ask: Commands[Name]['ask']) => Answer<Name> | Promise<Answer<Name>>
}

/** The recordings of all legs of a thread, of each as many as are wanted. */
export class LegRecordings {
  readonly #env: Environment
  readonly #running = new Map<CallId, readonly RunningRecording[]>()

  constructor(env: Environment) {
    this.#env = env
  }

  readonly handlers: RecordHandlers = {
    startRecording: ({ leg, file = plainRecordFile, standing, ...terms }) => {
      // One that was wished while its thread died is asked for twice.
      const isThere = this.#find(leg, terms.recordingId) !== undefined
      if (!this.#env.leg(leg) || isThere) return null
      this.#begin(leg, { ...terms, file }, standing && standingAt(standing, this.#env.tickedAtMs()))
      return null
    },
    setRecording: ({ leg, recordingId, mode }) => this.#set(leg, recordingId, mode),
    stopRecording: async ({ leg, recordingId }) => {
      await this.end(leg, recordingId)
      return null
    },
  }

  /** Completes all recordings of a leg, or only the one named, and tells of each once. */
  async end(id: CallId, only?: RecordingId, leg = this.#env.leg(id)): Promise<void> {
    const ending = this.#take(id, leg, only)
    await Promise.all(ending.map((running) => this.#complete(id, running)))
  }

  /** Ends the files for now: another thread goes on with those that have not just failed. */
  async pack(id: CallId, leg: Leg): Promise<readonly PackedRecording[]> {
    const packed = this.#take(id, leg).map(async (running) => {
      const { id: recordingId, path, layout, file, tape } = running
      tape.finish()
      const result = await running.recorder.close(true)
      if (result.failure === null) {
        return { recordingId, path, layout, file, standing: this.#standingOf(running) }
      }
      this.#tell(id, running, result)
      return undefined
    })
    return (await Promise.all(packed)).filter((one) => one !== undefined)
  }

  unpack(id: CallId, recordings: readonly PackedRecording[]): void {
    for (const { standing, ...terms } of recordings) this.#begin(id, terms, standing)
  }

  #begin(
    id: CallId,
    { recordingId, path, layout, file }: Omit<PackedRecording, 'standing'>,
    standing?: Standing,
  ): void {
    const failed = (): void => void this.end(id, recordingId)
    const continuation =
      standing &&
      new Continuation(standing.tape, file.rateHz, (startMs, endMs) => {
        tape.lose(startMs, endMs)
        this.#stands(id, running)
        this.#env.tell({ is: 'recordingGap', recordingId, spans: spansToKeep(running) })
      })
    const terms = {
      ...{ ...file, path, channels: channelsOf(layout) },
      ...(continuation && { goesOn: continuation.goesOn }),
    }
    const disk = this.#env.openRecorder(terms, failed)
    const keys = file.masksKeys
      ? new KeyMask(disk, file.rateHz, standing?.keys, () => this.#stands(id, running))
      : undefined
    const recorder = keys ?? disk
    const tape = new Tape(recorder, layout, file.rateHz, standing?.tape)
    const running = { id: recordingId, recorder, keys, path, layout, file, tape, continuation }
    this.#running.set(id, [...(this.#running.get(id) ?? []), running])
    this.#env.leg(id)?.taps.record(tape)
    this.#stands(id, running)
  }

  #find(id: CallId, recordingId: RecordingId): RunningRecording | undefined {
    return this.#running.get(id)?.find((one) => one.id === recordingId)
  }

  #set(id: CallId, recordingId: RecordingId, mode: RecordMode): readonly RecordingSpan[] | null {
    const running = this.#find(id, recordingId)
    if (!running) return null
    running.tape.mode = mode
    this.#stands(id, running)
    return spansToKeep(running)
  }

  /** What another thread goes on with, when this one dies. */
  #stands(leg: CallId, running: RunningRecording): void {
    const standing = this.#standingOf(running)
    this.#env.tell({ is: 'recordingStands', leg, recordingId: running.id, standing })
  }

  #standingOf({ tape, keys }: RunningRecording): Standing {
    return {
      ...{ tape: tape.state, atMs: this.#env.tickedAtMs() },
      ...(keys && { keys: keys.state }),
    }
  }

  #take(id: CallId, leg: Leg | undefined, only?: RecordingId): readonly RunningRecording[] {
    const all = this.#running.get(id) ?? []
    const taken = all.filter((one) => only === undefined || one.id === only)
    const left = all.filter((one) => !taken.includes(one))
    if (left.length > 0) this.#running.set(id, left)
    else this.#running.delete(id)
    for (const { tape } of taken) leg?.taps.unrecord(tape)
    return taken
  }

  async #complete(id: CallId, running: RunningRecording): Promise<void> {
    running.tape.finish()
    this.#tell(id, running, await running.recorder.close())
  }

  #tell(
    leg: CallId,
    { id, tape, keys, continuation }: RunningRecording,
    result: Awaited<ReturnType<Recorder['close']>>,
  ): void {
    const spans = withKeys(tape.spans, keys)
    this.#env.tell({
      ...{ is: 'recordingEnded', leg },
      outcome: outcomeOf(id, result, { spans }, continuation),
    })
  }
}

const withKeys = (spans: readonly RecordingSpan[], keys?: KeyMask): readonly RecordingSpan[] =>
  keys ? inOrder([...spans, ...keys.spans]) : spans

const spansToKeep = ({ tape, keys }: RunningRecording): readonly RecordingSpan[] =>
  withKeys(tape.spansToKeep, keys)
