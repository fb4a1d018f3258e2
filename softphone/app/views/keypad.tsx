import type { JSX } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { Avatar } from '../parts/avatar.tsx'
import { IconButton } from '../parts/button.tsx'
import { useApp } from '../parts/context.ts'
import { Icon } from '../parts/icons.tsx'
import { Pad } from '../parts/pad.tsx'
import { isPadKey, suggestions } from '../words/keypad.ts'
import { dialable } from '../words/number.ts'

/** The dial pad, with what fits among the contacts. */
export function Keypad(): JSX.Element {
  const app = useApp()
  const { view, lists, phone, player, settings } = app
  const field = useRef<HTMLInputElement>(null)
  const typed = view.typed.value
  const contacts = lists.contacts.now.value.rows
  const isReady = phone.connection.value.at === 'ready'

  const press = (key: string): void => {
    if (settings.now.value.keyTones) player.keyTone(key)
    view.type(view.typed.value + key)
  }
  /** As on a desk phone: the call key alone brings back the number that was called last. */
  const call = (): void => {
    const last = lists.calls.now.value.rows.find(({ direction }) => direction === 'outgoing')
    if (view.typed.value.trim() === '') view.type(last?.party ?? '')
    else {
      const isName = (text: string): boolean => contacts.some(({ username }) => username === text)
      app.dial(dialable(view.typed.value, isName))
      view.type('')
    }
  }
  useTyping(field, press, call)

  return (
    <section class="keypad" aria-labelledby="keypad-title">
      <h1 id="keypad-title" class="only-read">
        Keypad
      </h1>
      <form
        class="dial"
        onSubmit={(event) => {
          event.preventDefault()
          call()
        }}
      >
        <input
          ref={field}
          class="dial-field"
          type="text"
          inputmode="tel"
          aria-label="Number or name"
          placeholder="Number or name"
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          data-length={typed.length > 20 ? 'very-long' : typed.length > 13 ? 'long' : 'usual'}
          value={typed}
          onInput={(event) => view.type(event.currentTarget.value)}
        />
        {typed !== '' && (
          <IconButton
            icon="backspace"
            label="Delete last digit"
            onClick={() => view.type(typed.slice(0, -1))}
          />
        )}
      </form>
      <Suggestions />
      <Pad label="Dial pad" onKey={press} onPlus={() => press('+')} />
      <button class="call-button" type="button" disabled={!isReady} onClick={call}>
        <Icon name="phone" size={24} />
        Call
      </button>
    </section>
  )
}

function Suggestions(): JSX.Element {
  const { view, lists, dial } = useApp()
  const found = suggestions(view.typed.value, lists.contacts.now.value.rows, 2)
  return (
    <ul class="suggestions" aria-label="Suggestions">
      {found.map(({ username, name, presence }) => (
        <li key={username}>
          <button
            type="button"
            onClick={() => {
              view.type('')
              dial(username)
            }}
          >
            <Avatar name={name} presence={presence} />
            <span class="row-text">
              <span>{name}</span>
              <span class="muted">{username}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  )
}

/** Keys dial wherever the focus is, as long as nothing else wants them. */
function useTyping(
  field: { readonly current: HTMLInputElement | null },
  press: (key: string) => void,
  call: () => void,
): void {
  const { view, calls } = useApp()
  useLayoutEffect(() => {
    const isForDial = (event: Event): boolean =>
      !isField(event.target) && (calls.focused.peek() === undefined || !view.isCallOpen.peek())
    const typed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || !isForDial(event)) return
      if (isPadKey(event.key)) press(event.key)
      else if (event.key === 'Backspace') view.type(view.typed.peek().slice(0, -1))
      else if (event.key === 'Enter' && event.target === document.body) call()
    }
    const pasted = (event: ClipboardEvent): void => {
      if (!isForDial(event)) return
      view.type(view.typed.peek() + (event.clipboardData?.getData('text') ?? '').trim())
      field.current?.focus()
    }
    document.addEventListener('keydown', typed)
    document.addEventListener('paste', pasted)
    return () => {
      document.removeEventListener('keydown', typed)
      document.removeEventListener('paste', pasted)
    }
  })
}

const isField = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select') !== null
