import type { Detection, MachineDetection } from '../core/answerer.ts'
import type { CallId, RecordingId } from '../core/ids.ts'
import {
  type Mutes,
  type PlayOutcome,
  plainRecordFile,
  type RecordFile,
  type RecordLayout,
  type RecordMode,
  type Sound,
} from '../core/ports/media.ts'
import type { RecordingSpan } from '../core/ports/recordings.ts'
import { usualDetection } from '../dsp/amd.ts'
import { freshStanding } from './leg/standing.ts'
import type { Commands } from './messages.ts'
import type { OpenLeg } from './threads/open-leg.ts'

/** In which way a leg plays: in place of what it hears, or over it. */
type Way = 'play' | 'playOver'

/** What legs play and record, as the main thread sees it; what a leg is to do goes on when it moves to another thread. */
export class LegClient {
  readonly #find: (callId: CallId) => OpenLeg | undefined

  constructor(find: (callId: CallId) => OpenLeg | undefined) {
    this.#find = find
  }

  async play(callId: CallId, sound: Sound, way: Way = 'play'): Promise<PlayOutcome> {
    const leg = this.#find(callId)
    if (!leg) return 'legClosed'
    const playing = {}
    leg.plays[way] = playing
    for (;;) {
      const { epoch } = leg
      const outcome = await leg.ask(way, { leg: callId, sound }, 'legClosed')
      if (outcome === 'finished') return outcome
      await leg.gate
      if (this.#find(callId) !== leg) return outcome
      if (leg.plays[way] !== playing) return 'stopped'
      // Nobody wished its end: its thread has died, or it is in another one now, and hears it from the beginning.
      if (leg.epoch === epoch) return outcome
      await leg.restored
    }
  }

  stop(callId: CallId, way: Way = 'play'): void {
    const leg = this.#find(callId)
    if (!leg) return
    leg.plays[way] = undefined
    const command = way === 'play' ? 'stop' : 'stopOver'
    leg.ask(command, { leg: callId }, null).catch(() => undefined)
  }

  async mute(callId: CallId, mutes: Mutes): Promise<void> {
    const leg = this.#find(callId)
    if (!leg) return
    leg.mutes = mutes
    await leg.ask('mute', { leg: callId, mutes }, null)
  }

  /** In another thread it begins to listen anew. */
  async detectAnswerer(callId: CallId, options: MachineDetection): Promise<Detection | null> {
    const leg = this.#find(callId)
    while (leg && this.#find(callId) === leg) {
      const { epoch } = leg
      const asked = { ...usualDetection, ...options }
      const found = await leg.ask('detectAnswerer', { leg: callId, options: asked }, null)
      if (found) return found
      await leg.gate
      if (leg.epoch === epoch) return null
      await leg.restored
    }
    return null
  }

  async sendDigits(callId: CallId, digits: string): Promise<void> {
    await this.#find(callId)?.ask('sendDigits', { leg: callId, digits }, null)
  }

  async takesEvents(callId: CallId): Promise<boolean> {
    return (await this.#find(callId)?.ask('takesEvents', { leg: callId }, true)) ?? true
  }

  async startRecording(
    callId: CallId,
    recordingId: RecordingId,
    path: string,
    layout: RecordLayout,
    file: RecordFile = plainRecordFile,
  ): Promise<void> {
    const leg = this.#find(callId)
    if (!leg) return
    const standing = freshStanding()
    leg.recordings.set(recordingId, { id: recordingId, path, layout, file, standing })
    await leg.ask('startRecording', { leg: callId, recordingId, path, layout, file }, null)
  }

  async setRecording(
    callId: CallId,
    recordingId: RecordingId,
    mode: RecordMode,
  ): Promise<readonly RecordingSpan[] | null> {
    const ask = { leg: callId, recordingId, mode }
    return (await this.#surely(callId, 'setRecording', ask)) ?? null
  }

  async stopRecording(callId: CallId, recordingId?: RecordingId): Promise<void> {
    const ask = { leg: callId, ...(recordingId !== undefined && { recordingId }) }
    await this.#surely(callId, 'stopRecording', ask)
  }

  /** What has to be so in the thread that goes on with a recording, too, when one dies before it has answered. */
  async #surely<Name extends 'setRecording' | 'stopRecording'>(
    callId: CallId,
    is: Name,
    ask: Commands[Name]['ask'],
  ): Promise<Commands[Name]['answer'] | undefined> {
    const leg = this.#find(callId)
    return leg && (await leg.askSurely(is, ask, null, () => this.#find(callId) === leg))
  }
}
