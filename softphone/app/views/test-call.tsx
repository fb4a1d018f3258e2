import type { JSX } from 'preact'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'

/** Calls a number that sends back what it hears; there is one while the lab carrier is on. */
export function TestCall(): JSX.Element | null {
  const { lists, phone, dial } = useApp()
  const number = lists.testNumber.value
  if (number === null) return null
  return (
    <section aria-labelledby="settings-test">
      <h2 id="settings-test">Test call</h2>
      <p class="hint">You hear yourself when microphone, speaker and connection work.</p>
      <Button
        icon="echo"
        disabled={phone.connection.value.at !== 'ready'}
        onClick={() => dial(number)}
      >
        Make a test call
      </Button>
    </section>
  )
}
