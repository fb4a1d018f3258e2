import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Icon } from '../parts/icons.tsx'
import { problemWords } from '../words/problem.ts'
import { Insecure } from './insecure.tsx'

/** Name and password of a device. */
export function Login(): JSX.Element {
  const { session } = useApp()
  const form = useRef<HTMLFormElement>(null)
  const state = session.state.value
  const isBusy = state.at === 'signing-in'
  const problem = state.at === 'out' && state.problem ? problemWords(state.problem) : undefined

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    if (form.current === null || isBusy) return
    const fields = new FormData(form.current)
    await session.signIn(textOf(fields.get('username')).trim(), textOf(fields.get('password')))
    form.current?.querySelector<HTMLInputElement>('#password')?.select()
  }

  return (
    <main class="login">
      <form ref={form} class="login-card" aria-labelledby="login-title" onSubmit={submit}>
        <span class="brand-face">
          <Icon name="phone" size={26} />
        </span>
        <h1 id="login-title">Ringdown phone</h1>
        <p class="muted">Sign in with the name and password of your phone.</p>
        <Insecure />
        {problem && (
          <div class="form-problem" role="alert" id="login-problem">
            <Icon name="warning" size={18} />
            <p>
              <strong>{problem.title}</strong>
              <span>{problem.detail}</span>
            </p>
          </div>
        )}
        <Field name="username" label="Name" isBad={problem !== undefined} />
        <Field name="password" label="Password" isBad={problem !== undefined} />
        <Button kind="primary" type="submit" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
        <p class="hint">You stay signed in until this tab is closed.</p>
      </form>
    </main>
  )
}

interface FieldProps {
  readonly name: 'username' | 'password'
  readonly label: string
  readonly isBad: boolean
}

function Field({ name, label, isBad }: FieldProps): JSX.Element {
  const shared = {
    id: name,
    name,
    autocapitalize: 'off',
    required: true,
    'aria-describedby': isBad ? 'login-problem' : undefined,
  } as const
  return (
    <div class="field">
      <label for={name}>{label}</label>
      {name === 'password' ? (
        <input type="password" autocomplete="current-password" {...shared} />
      ) : (
        <input type="text" autocomplete="username" spellcheck={false} {...shared} />
      )}
    </div>
  )
}

const textOf = (value: FormDataEntryValue | null): string =>
  typeof value === 'string' ? value : ''
