import type { VoicemailId } from '../../core/ids.ts'
import type { VoicemailBox, VoicemailReason, VoicemailRecord } from '../../core/ports/voicemail.ts'
import type { Run } from '../program.ts'
import { answer } from '../verbs/answer.ts'
import { dropTake } from './drop.ts'
import { fileMessage } from './file.ts'
import { type GreetingWish, greet } from './greet.ts'
import { callOperator } from './operator.ts'
import { startOwnerMenu } from './owner/start.ts'
import { review } from './review.ts'
import { tellWords } from './speak.ts'
import { boxNow, type NoTake, type Take, takeMessage } from './take.ts'

/** What became of a caller at a box. */
export type LeaveOutcome =
  | 'left'
  | 'too-short'
  | 'full'
  | 'failed'
  | 'hung-up'
  | 'operator'
  | 'owner'

export interface Leave {
  readonly greeting: GreetingWish
  readonly reason: VoicemailReason
  /** Whom the caller had called. */
  readonly to: string
}

export interface Left {
  readonly outcome: LeaveOutcome
  readonly voicemailId?: VoicemailId
  /** Milliseconds. */
  readonly durationMs?: number
}

/** Nobody says it anew more often than that. */
const mostTakes = 10

/** The caller hears the greeting and leaves a message. Returns when he is done with the box, or has hung up. */
export async function leaveMessage(run: Run, box: VoicemailBox, wish: Leave): Promise<Left> {
  run.call.spokenIn = box.options
  if (!(await answer(run))) return { outcome: 'hung-up' }
  const roomMs = await roomIn(run, box)
  if (roomMs === undefined) return refuse(run, box)
  switch (await greet(run, box, wish.greeting)) {
    case 'gone':
      return { outcome: 'hung-up' }
    case 'operator':
      return (await callOperator(run, box)) ? { outcome: 'operator' } : take(run, box, wish, roomMs)
    case 'owner':
      await startOwnerMenu(run, box)
      return { outcome: 'owner' }
    case 'beep':
      return take(run, box, wish, roomMs)
  }
}

/** How long a message may be; undefined: the box is full. */
async function roomIn(
  { ports: { store } }: Run,
  { id, options }: VoicemailBox,
): Promise<number | undefined> {
  const counts = await store.voicemails.counts(id)
  const leftMs = options.maxTotalMs - (await store.voicemails.totalMs(id))
  if (counts.new + counts.old >= options.maxMessages || leftMs < options.minMessageMs) {
    return undefined
  }
  return Math.max(1, Math.min(options.maxMessageMs, leftMs))
}

async function refuse(run: Run, box: VoicemailBox): Promise<Left> {
  const { ports, call } = run
  const data = {
    ...{ boxId: box.id, callId: call.id, caller: call.record.from, deviceIds: box.devices },
  }
  const event = { type: 'voicemail.box-full', atMs: ports.clock.nowMs(), data } as const
  await ports.store.events.append(box.accountId, [event])
  await tellWords(run, box, 'full')
  return { outcome: 'full' }
}

/** Records, reviews, files. What was said when somebody hangs up is saved. */
async function take(run: Run, box: VoicemailBox, wish: Leave, roomMs: number): Promise<Left> {
  for (let takes = 0; takes < mostTakes; takes++) {
    const taken = await takeMessage(run, box, { ...wish, roomMs })
    if (typeof taken === 'string') {
      if (taken !== 'too-short' || run.signal.aborted) return refused(run, box, taken)
      await tellWords(run, box, 'tooShort')
      continue
    }
    const reviewed = await reviewedTake(run, box, taken)
    if (reviewed === 'again') continue
    return file(run, box, reviewed.draft)
  }
  return { outcome: 'too-short' }
}

/** Whoever has deleted the box meanwhile has deleted what was being left in it. */
async function file(run: Run, box: VoicemailBox, draft: VoicemailRecord): Promise<Left> {
  const now = await boxNow(run, box)
  if (!now) {
    await dropTake(run, draft, 'its box was deleted')
    return refused(run, box, 'failed')
  }
  const { id, durationMs } = await fileMessage(run.ports, now, draft)
  run.calls.leaving.delete(id)
  await tellWords(run, now, 'saved')
  return { outcome: 'left', voicemailId: id, durationMs }
}

async function refused(run: Run, box: VoicemailBox, why: NoTake): Promise<Left> {
  if (why === 'failed') await tellWords(run, box, 'failed')
  if (why === 'late') return { outcome: 'left' }
  return { outcome: why === 'gone' ? 'hung-up' : why }
}

const reviewedTake = async (run: Run, box: VoicemailBox, taken: Take): Promise<Take | 'again'> =>
  box.options.review && !run.signal.aborted ? review(run, box, taken) : taken
