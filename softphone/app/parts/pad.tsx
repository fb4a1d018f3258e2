import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { keyNames, padKeys } from '../words/keypad.ts'
import { keyLetters } from '../words/number.ts'

interface PadProps {
  readonly label: string
  readonly onKey: (key: string) => void
  /** A long press on 0; without it a long press is a press. */
  readonly onPlus?: () => void
}

const longPressMs = 500

/** Twelve keys with their letters. */
export function Pad({ label, onKey, onPlus }: PadProps): JSX.Element {
  return (
    <fieldset class="pad" aria-label={label}>
      {padKeys.map((key) => (
        <PadButton
          key={key}
          name={key}
          onKey={onKey}
          {...(key === '0' && onPlus ? { onLong: onPlus } : {})}
        />
      ))}
    </fieldset>
  )
}

interface PadButtonProps {
  readonly name: string
  readonly onKey: (key: string) => void
  readonly onLong?: () => void
}

function PadButton({ name, onKey, onLong }: PadButtonProps): JSX.Element {
  const press = useRef<{ timer?: ReturnType<typeof setTimeout>; wasLong: boolean }>({
    wasLong: false,
  }).current
  const release = (): void => clearTimeout(press.timer)
  const letters = keyLetters[name] ?? ''
  const spoken = keyNames[name]
  return (
    <button
      class="pad-key"
      type="button"
      onPointerDown={() => {
        press.wasLong = false
        if (onLong === undefined) return
        press.timer = setTimeout(() => {
          press.wasLong = true
          onLong()
        }, longPressMs)
      }}
      onPointerUp={release}
      onPointerLeave={release}
      onClick={() => !press.wasLong && onKey(name)}
    >
      {spoken && <span class="only-read">{spoken}</span>}
      <span class="pad-digit" aria-hidden={spoken !== undefined}>
        {name}
      </span>{' '}
      <span class="pad-letters">{letters}</span>
    </button>
  )
}
