import type { VoicemailRecord } from '../../../core/ports/voicemail.ts'
import { withMessage } from '../recording-sound.ts'
import { keyDuring, type Session } from './session.ts'

/** 1 and 3. */
const skipMs = 3_000
/** So long he may hold it. */
const pauseMs = 120_000
/** Of its length; from there on it counts as heard. */
const heardFrom = 0.8

export interface Played {
  /** The key that ended it, none of the player's own; undefined: it was over, or he has gone. */
  readonly key: string | undefined
  /** To its end, or nearly. */
  readonly isHeard: boolean
}

/** Plays a message: 1 goes back 3 s, 3 on 3 s, 2 holds it and goes on. Undefined: its audio is not to be had. */
export const playWithKeys = (
  session: Session,
  message: VoicemailRecord,
): Promise<Played | undefined> =>
  withMessage(session.run.ports, message, (path) => playThrough(session, path, message.durationMs))

async function playThrough(session: Session, path: string, durationMs: number): Promise<Played> {
  const { clock } = session.run.ports
  let atMs = 0
  let furthestMs = 0
  for (;;) {
    const startedMs = clock.monotonicMs()
    const key = await keyDuring(session, [{ kind: 'wav', path, loop: 1, fromMs: atMs }], 0)
    atMs = Math.min(durationMs, atMs + clock.monotonicMs() - startedMs)
    const isOver = key === undefined && !session.run.signal.aborted
    furthestMs = Math.max(furthestMs, isOver ? durationMs : atMs)
    const played = { isHeard: furthestMs >= heardFrom * durationMs }
    if (key === '1') atMs = Math.max(0, atMs - skipMs)
    else if (key === '3') atMs += skipMs
    else if (key === '2') {
      const next = await keyDuring(session, [], pauseMs)
      if (next !== '2') return { key: next, ...played }
    } else return { key, ...played }
    if (atMs >= durationMs) return { key: undefined, isHeard: true }
  }
}
