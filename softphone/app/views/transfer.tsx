import { useSignal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { Avatar, presenceWords } from '../parts/avatar.tsx'
import { Button } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import type { CallView } from '../store/call-view.ts'
import { suggestions } from '../words/keypad.ts'
import { dialable } from '../words/number.ts'

/** Whom to pass the call on to: at once, or after a word with them. */
export function Transfer({ call, done }: { call: CallView; done: () => void }): JSX.Element {
  const { calls, notices, lists } = useApp()
  const to = useSignal('')
  const field = useRef<HTMLInputElement>(null)
  useEffect(() => field.current?.focus(), [])
  const contacts = lists.contacts.now.value.rows.filter(({ username }) => username !== call.party)
  const target = dialable(to.value, (text) => contacts.some(({ username }) => username === text))
  const offered =
    to.value === ''
      ? contacts.filter(({ presence }) => presence === 'available').slice(0, 4)
      : suggestions(to.value, contacts, 4)
  const act = (action: () => Promise<void>): void => {
    notices.attempt(async () => {
      await action()
      done()
    })
  }
  return (
    <form
      class="panel transfer"
      aria-label="Transfer"
      onSubmit={(event) => {
        event.preventDefault()
        if (target !== '') act(() => calls.transfer(call.id, target))
      }}
    >
      <div class="field">
        <label for="transfer-to">Transfer to</label>
        <input
          id="transfer-to"
          ref={field}
          type="text"
          inputmode="tel"
          autocomplete="off"
          placeholder="Number or name"
          value={to.value}
          onInput={(event) => {
            to.value = event.currentTarget.value
          }}
        />
      </div>
      <ul class="choices" aria-label="Contacts to transfer to">
        {offered.map(({ username, name, presence }) => (
          <li key={username}>
            <button
              type="button"
              onClick={() => {
                to.value = username
              }}
            >
              <Avatar name={name} presence={presence} />
              <span class="row-text">
                <span>{name}</span>
                <span class="muted">{presence ? presenceWords[presence] : username}</span>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <div class="panel-actions">
        <Button disabled={target === ''} onClick={() => act(() => calls.consult(call.id, target))}>
          Ask first
        </Button>
        <Button kind="primary" type="submit" disabled={target === ''}>
          Transfer now
        </Button>
      </div>
    </form>
  )
}
