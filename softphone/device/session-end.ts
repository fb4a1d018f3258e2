import { type Session, SessionState } from 'sip.js'

/** Runs when the session is over; returns what takes that off again. */
export function whenOver({ stateChange }: Session, run: () => void): () => void {
  const listener = (state: SessionState): void => {
    if (state === SessionState.Terminated) run()
  }
  stateChange.addListener(listener)
  return () => stateChange.removeListener(listener)
}
