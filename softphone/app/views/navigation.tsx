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
  const { view, lists } = useApp()
  const unheard = lists.unheard.value
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
          {name === 'voicemail' && unheard > 0 && (
            <span class="badge">
              {unheard}
              <span class="only-read"> new</span>
            </span>
          )}
        </a>
      ))}
    </nav>
  )
}
