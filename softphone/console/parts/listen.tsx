import type { JSX } from 'preact'
import { type Json, text } from '../api/json.ts'
import { useClient } from '../context.ts'
import { Dialog } from './dialog.tsx'
import { SchemaForm } from './schema-form.tsx'

interface ListenProps {
  readonly call: Json
  readonly onClose: () => void
}

/** Has a phone called that then hears the call. It stands in the call's log who listened. */
export function Listen({ call, onClose }: ListenProps): JSX.Element {
  const client = useClient()
  const operation = client.operations.get('listenToCall')
  return (
    <Dialog title={`Listen to ${text(call, 'from')} and ${text(call, 'to')}`} onClose={onClose}>
      <p class="banner">
        <span>Whoever listens in is told in the log of the call.</span>
      </p>
      <SchemaForm
        schema={operation?.body}
        submitWord="Call this phone"
        send={async (body) => {
          await client.ask('listenToCall', { params: { call_id: text(call, 'id') }, body })
          onClose()
        }}
      />
    </Dialog>
  )
}
