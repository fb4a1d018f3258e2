import type { ComponentChildren, JSX } from 'preact'
import { Icon, type IconName } from './icons.tsx'

type Kind = 'plain' | 'primary' | 'call' | 'danger' | 'quiet'

interface ButtonProps {
  readonly children: ComponentChildren
  readonly icon?: IconName
  readonly kind?: Kind
  readonly disabled?: boolean
  readonly type?: 'button' | 'submit'
  /** Its name for screen readers where its words alone do not say of what it is. */
  readonly label?: string | undefined
  /** Given for a switch: whether it is on. */
  readonly isOn?: boolean
  readonly onClick?: () => void
}

/** A button with words, and a picture before them where one helps. */
export function Button(props: ButtonProps): JSX.Element {
  const { children, icon, kind = 'plain', disabled = false, type = 'button' } = props
  const { label, isOn, onClick } = props
  return (
    <button
      class={`button ${kind}`}
      type={type}
      aria-label={label}
      aria-pressed={isOn}
      disabled={disabled}
      onClick={() => onClick?.()}
    >
      {icon && <Icon name={icon} size={18} />}
      {children}
    </button>
  )
}

interface IconButtonProps {
  readonly icon: IconName
  /** What it does: its name for screen readers and its tooltip. */
  readonly label: string
  readonly kind?: Kind
  readonly disabled?: boolean
  readonly onClick: () => void
}

/** A button with a picture alone. */
export function IconButton(props: IconButtonProps): JSX.Element {
  const { icon, label, kind = 'quiet', disabled = false, onClick } = props
  return (
    <button
      class={`icon-button ${kind}`}
      type="button"
      aria-label={label}
      title={label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  )
}

interface ControlProps {
  readonly icon: IconName
  readonly label: string
  /** Given for a switch: whether it is on. */
  readonly isOn?: boolean
  /** Given for what opens a panel. */
  readonly isOpen?: boolean
  readonly disabled?: boolean
  readonly onClick: () => void
}

/** A round control of a call with its name under it. */
export function Control(props: ControlProps): JSX.Element {
  const { icon, label, isOn, isOpen, disabled = false, onClick } = props
  return (
    <button
      class="control"
      type="button"
      aria-pressed={isOn}
      aria-expanded={isOpen}
      disabled={disabled}
      onClick={onClick}
    >
      <span class="control-face">
        <Icon name={icon} />
      </span>
      <span class="control-name">{label}</span>
    </button>
  )
}
