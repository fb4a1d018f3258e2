import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Empty } from '../parts/empty.tsx'

/** Nothing is going on. */
export function Idle(): JSX.Element {
  const { phone, tab } = useApp()
  if (tab.state.value === 'elsewhere')
    return (
      <Empty icon="phone" title="In another tab">
        <p class="muted">This tab does not ring.</p>
      </Empty>
    )
  const isReady = phone.connection.value.at === 'ready'
  return (
    <Empty icon="phone" title={isReady ? 'Ready for calls' : 'Not connected'}>
      <p class="muted">
        {isReady
          ? 'Type a number or choose a contact. Calls that come in ring here.'
          : 'Calls can be made when the phone is connected again.'}
      </p>
    </Empty>
  )
}
