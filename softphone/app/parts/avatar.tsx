import type { JSX } from 'preact'
import type { Presence } from '../api/shapes.ts'
import { initials } from '../words/number.ts'
import { Icon } from './icons.tsx'

export const presenceWords: Readonly<Record<Presence, string>> = {
  available: 'Available',
  ringing: 'Ringing',
  busy: 'On a call',
  offline: 'Offline',
}

interface AvatarProps {
  readonly name: string
  readonly presence?: Presence | undefined
  readonly size?: 'small' | 'large'
}

/** A round picture made of a name's first letters, with a dot for presence. */
export function Avatar({ name, presence, size = 'small' }: AvatarProps): JSX.Element {
  const letters = initials(name)
  return (
    <span class={`avatar ${size}`} data-tint={tintOf(name)} aria-hidden="true">
      {letters === '#' ? <Icon name="person" size={size === 'large' ? 36 : 20} /> : letters}
      {presence && <span class="presence" data-presence={presence} />}
    </span>
  )
}

/** One of six colours, always the same for a name. */
const tintOf = (name: string): number =>
  [...name].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 6007, 7) % 6
