import type { LiveCall, RunningRecording } from '../live-call.ts'
import type { Run } from '../program.ts'

/**
 * Both sides hear a beep every so often as long as the recording runs, over what they say. What the recorded phone
 * hears of it is in the recording, in the channel of what it hears, and nothing of the other phone's. Nobody is
 * reminded while a sound is played over the call, or while nothing of it is recorded.
 */
export function remind(run: Run, running: RunningRecording, everyMs: number): void {
  if (everyMs <= 0) return
  const { clock } = run.ports
  let isOver = false
  let disarm = (): void => undefined
  const again = (): void => {
    disarm = clock.after(everyMs, () => {
      if (isOver) return
      if (running.mode === 'running') beep(run)
      again()
    })
  }
  again()
  void running.saved.then(() => {
    isOver = true
    disarm()
  })
}

function beep({ call, ports }: Run): void {
  const sides: readonly (LiveCall | undefined)[] = [call, call.partner]
  for (const side of sides) {
    if (side === undefined || side.acts.lanes.over?.isBusy === true) continue
    ports.media.playOver(side.id, { kind: 'tone', tone: 'beep' }).catch((error: unknown) => {
      ports.log.info('not reminded of the recording', { callId: side.id, error: String(error) })
    })
  }
}
