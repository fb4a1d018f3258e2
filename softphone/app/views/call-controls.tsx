import type { JSX } from 'preact'
import { Button, Control } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { type CallView, isUp, isWaiting } from '../store/call-view.ts'

export type CallPanel = 'keys' | 'transfer' | 'quality' | 'volume'

interface CallControlsProps {
  readonly call: CallView
  readonly panel: CallPanel | undefined
  readonly toggle: (panel: CallPanel) => void
}

/** What can be done with the call that is shown. */
export function CallControls({ call, panel, toggle }: CallControlsProps): JSX.Element {
  const { calls, notices, view } = useApp()
  const { id, muted, held } = call
  const cannot = !isUp(call)
  return (
    <div class="call-controls">
      <Consultation call={call} />
      <div class="control-grid">
        <Control
          icon={muted ? 'micOff' : 'mic'}
          label={muted ? 'Unmute' : 'Mute'}
          isOn={muted}
          onClick={() => calls.mute(id, !muted)}
        />
        <Control
          icon="keypad"
          label="Digits"
          isOpen={panel === 'keys'}
          disabled={cannot}
          onClick={() => toggle('keys')}
        />
        <Control
          icon="volume"
          label="Volume"
          isOpen={panel === 'volume'}
          disabled={cannot}
          onClick={() => toggle('volume')}
        />
        <Control
          icon={held ? 'play' : 'pause'}
          label={held ? 'Resume' : 'Hold'}
          isOn={held}
          disabled={cannot}
          onClick={() => notices.attempt(() => (held ? calls.swapTo(id) : calls.hold(id, true)))}
        />
        <Control
          icon="transfer"
          label="Transfer"
          isOpen={panel === 'transfer'}
          disabled={cannot}
          onClick={() => toggle('transfer')}
        />
        <Control
          icon="contacts"
          label="Add call"
          disabled={cannot}
          onClick={() => view.show('keypad')}
        />
      </div>
      <button
        class="hangup-button"
        type="button"
        onClick={() => notices.attempt(() => calls.hangup(id))}
      >
        Hang up
      </button>
    </div>
  )
}

/** During a consultation: pass the first call on, or go back to it. */
function Consultation({ call }: { call: CallView }): JSX.Element | null {
  const { calls, notices, labelOf } = useApp()
  const firstId = calls.consults.value.get(call.id)
  const first = calls.views.value.find(({ id }) => id === firstId)
  if (first === undefined || isWaiting(call)) return null
  const label = labelOf(first.party, first.displayName)
  const back = async (): Promise<void> => {
    await calls.hangup(call.id)
    await calls.swapTo(first.id)
  }
  return (
    <section class="consultation" aria-label="Consultation">
      <p>
        {label} waits. Transfer to {labelOf(call.party, call.displayName)}?
      </p>
      <div>
        <Button onClick={() => notices.attempt(back)}>Go back</Button>
        <Button
          kind="primary"
          disabled={!isUp(call)}
          onClick={() => notices.attempt(() => calls.completeTransfer(call.id))}
        >
          Complete transfer
        </Button>
      </div>
    </section>
  )
}
