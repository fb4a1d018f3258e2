import type { JSX } from 'preact'
import { useApp } from '../parts/context.ts'
import { Icon } from '../parts/icons.tsx'
import { type ViewName, viewNames } from '../store/view.ts'

const titles: Readonly<Record<ViewName, string>> = {
  keypad: 'Keypad',
  contacts: 'Contacts',
  recents: 'Recents',
  voicemail: 'Voicemail',
  settings: 'Settings',
}

/** The five views: a rail at the left, or a bar at the bottom of narrow screens. */
export function Navigation(): JSX.Element {
  const { view, lists, missed } = useApp()
  const counts: Partial<Record<ViewName, { count: number; what: string }>> = {
    recents: { count: missed.value, what: 'missed' },
    voicemail: { count: lists.unheard.value, what: 'new' },
  }
  return (
    <nav class="navigation" aria-label="Views">
      {viewNames.map((name) => (
        <a
          key={name}
          href={`#/${name}`}
          aria-current={view.now.value === name ? 'page' : undefined}
          onClick={() => view.show(name)}
        >
          <Icon name={name} />
          <span>{titles[name]}</span>
          {counts[name] && <Badge {...counts[name]} />}
        </a>
      ))}
    </nav>
  )
}

function Badge({ count, what }: { count: number; what: string }): JSX.Element | null {
  if (count === 0) return null
  return (
    <span class="badge">
      {count}
      <span class="only-read"> {what}</span>
    </span>
  )
}
