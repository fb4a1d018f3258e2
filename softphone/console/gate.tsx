import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { Button } from '../app/parts/button.tsx'
import { useConsole } from './context.ts'
import { Problem } from './parts/problem.tsx'

/** Nobody comes in without a key. */
export function Gate(): JSX.Element {
  const { session, signIn } = useConsole()
  const input = useRef<HTMLInputElement>(null)
  const state = session.value
  const isBusy = state.at === 'signing-in'
  const submit = (event: Event): void => {
    event.preventDefault()
    const key = input.current?.value.trim() ?? ''
    if (key !== '' && !isBusy) void signIn(key).then(() => input.current?.select())
  }
  return (
    <main class="gate">
      <form class="gate-card" aria-labelledby="gate-title" onSubmit={submit}>
        <img class="gate-mark" src="/icon.svg" alt="" width="48" height="48" />
        <h1 id="gate-title">Ringdown console</h1>
        <p class="muted">Sign in with an API key of your account.</p>
        {state.at === 'out' && state.problem !== '' && <Problem problem={state.problem} />}
        <div class="field">
          <label for="key">API key</label>
          <input
            ref={input}
            id="key"
            type="password"
            required
            spellcheck={false}
            autocomplete="off"
            placeholder="sk_live_…"
          />
        </div>
        <Button kind="primary" type="submit" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
        <p class="hint">
          The first one was printed when the engine first started. You are signed in for 8 hours.
        </p>
      </form>
    </main>
  )
}
