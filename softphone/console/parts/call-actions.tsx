import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { type Json, text } from '../api/json.ts'
import { useClient, useMay } from '../context.ts'
import { type CallState, stateOf } from '../live-state.ts'
import { Act } from './act.tsx'
import { Confirm } from './confirm.tsx'
import { Listen } from './listen.tsx'

interface CallActionsProps {
  readonly call: Json
  readonly events: readonly Json[]
  readonly reload: () => void
}

const controls = ['endCall', 'listenToCall', 'muteCall', 'holdCall', 'controlCallRecording']
const over: readonly string[] = ['completed', 'failed', 'busy', 'no-answer', 'canceled']

/** What can be done with a call while it goes on; nothing of one that is over. */
export function CallActions({ call, events, reload }: CallActionsProps): JSX.Element | null {
  const client = useClient()
  const may = useMay()
  const [open, setOpen] = useState<'listen' | 'hangup'>()
  const status = text(call, 'status')
  if (over.includes(status) || !controls.some(may)) return null
  const params = { call_id: text(call, 'id') }
  const ask = async (operation: string, body?: unknown): Promise<void> => {
    await client.ask(operation, { params, ...(body === undefined ? {} : { body }) })
    reload()
  }
  return (
    <fieldset class="call-actions">
      <legend class="only-read">Control this call</legend>
      {status === 'in-progress' && (
        <>
          <Talking state={stateOf(events, params.call_id)} ask={ask} />
          <Act
            {...{ word: 'Listen in', icon: 'volume', operation: 'listenToCall' }}
            act={async () => setOpen('listen')}
          />
        </>
      )}
      <Act
        {...{ word: 'Hang up', icon: 'hangup', kind: 'danger', operation: 'endCall' }}
        act={async () => setOpen('hangup')}
      />
      {open === 'listen' && <Listen call={call} onClose={() => setOpen(undefined)} />}
      {open === 'hangup' && (
        <Confirm
          title="Hang up this call?"
          says={`${text(call, 'from')} to ${text(call, 'to')}`}
          word="Hang up"
          onClose={() => setOpen(undefined)}
          act={async () => {
            await ask('endCall')
            setOpen(undefined)
          }}
        />
      )}
    </fieldset>
  )
}

interface TalkingProps {
  readonly state: CallState
  readonly ask: (operation: string, body?: unknown) => Promise<void>
}

function Talking({ state, ask }: TalkingProps): JSX.Element {
  const does = (operation: string, body?: unknown) => ({
    operation,
    act: () => ask(operation, body),
  })
  const record = (action: string) => does('controlCallRecording', { action })
  return (
    <>
      {state.isMuted ? (
        <Act word="Unmute" icon="mic" {...does('unmuteCall')} />
      ) : (
        <Act word="Mute" icon="micOff" {...does('muteCall')} />
      )}
      {state.isHeld ? (
        <Act word="Resume" icon="play" {...does('unholdCall')} />
      ) : (
        <Act word="Hold" icon="pause" {...does('holdCall')} />
      )}
      {state.recording === 'off' && <Act word="Record" {...record('start')} />}
      {state.recording === 'on' && <Act word="Pause recording" {...record('pause')} />}
      {state.recording === 'paused' && <Act word="Go on recording" {...record('resume')} />}
      {state.recording !== 'off' && <Act word="End recording" {...record('stop')} />}
    </>
  )
}
