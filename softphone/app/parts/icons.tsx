import type { JSX } from 'preact'

/** Strokes on a field of 24 by 24. */
const drawings = {
  keypad: 'M5 5h.01M12 5h.01M19 5h.01M5 12h.01M12 12h.01M19 12h.01M5 19h.01M12 19h.01M19 19h.01',
  contacts:
    'M16 20v-1.5a3.5 3.5 0 0 0-3.5-3.5h-5A3.5 3.5 0 0 0 4 18.500V20M10 11.500a3.25 3.25 0 1 0 0-6.5 3.25 3.25 0 0 0 0 6.500M20 20v-1.500a3.5 3.5 0 0 0-2.6-3.400M15.5 5.200a3.25 3.25 0 0 1 0 6.1',
  person: 'M12 12.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4.5 20a7.5 7.5 0 0 1 15 0',
  recents: 'M12 21a9 9 0 1 0-8.5-6M3 20v-5h5M12 7v5l3.5 2',
  voicemail: 'M6.5 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M17.5 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8M6.5 16h11',
  settings:
    'M4 7h9M17 7h3M15 9.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5M4 17h3M11 17h9M9 19.500a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5',
  phone:
    'M6.5 3.500h2.400l1.9 4.6-2.3 1.800a13 13 0 0 0 5.6 5.600l1.8-2.3 4.6 1.900v2.400a3 3 0 0 1-3.3 3A17 17 0 0 1 3.5 6.800a3 3 0 0 1 3-3.300Z',
  hangup:
    'M3.6 14.700l-.9-2.100a1.5 1.5 0 0 1 .5-1.800C5.7 9 8.7 8 12 8s6.3 1 8.8 2.800a1.5 1.5 0 0 1 .5 1.800l-.9 2.100a1.5 1.5 0 0 1-1.8.9l-2.8-.8a1.5 1.5 0 0 1-1.1-1.400v-1.600a9.5 9.5 0 0 0-5.4 0v1.600a1.5 1.5 0 0 1-1.1 1.400l-2.8.8a1.5 1.5 0 0 1-1.8-.9Z',
  mic: 'M12 15a3.5 3.5 0 0 0 3.5-3.500v-5a3.5 3.5 0 1 0-7 0v5A3.5 3.5 0 0 0 12 15M5.5 11.500a6.5 6.5 0 0 0 13 0M12 18v3',
  micOff:
    'M15.5 11V6.500a3.5 3.5 0 0 0-6.7-1.400M8.5 9v2.500a3.5 3.5 0 0 0 5.3 3M5.5 11.500a6.5 6.5 0 0 0 10.3 5.300M18.5 11.500a6.4 6.4 0 0 1-.6 2.700M12 18v3M4 3l16 17',
  pause: 'M8.5 5v14M15.5 5v14',
  play: 'M7.5 5v14l11-7Z',
  swap: 'M7 4 3.5 7.5 7 11M3.5 7.500H17M17 13l3.5 3.500L17 20M20.5 16.500H7',
  merge: 'M12 20v-7M12 13 6 5M12 13l6-8M6 9V5h4M18 9V5h-4',
  transfer:
    'M14 4.500h5.500V10M19.5 4.5 12 12M9.5 6H6.500a2 2 0 0 0-2 2v9.500a2 2 0 0 0 2 2H16a2 2 0 0 0 2-2v-3',
  volume:
    'M4 9.500v5h3.500L12 18.500v-13L7.5 9.500ZM15.5 9a4.2 4.2 0 0 1 0 6M18.3 6.500a8 8 0 0 1 0 11',
  backspace: 'M9 5h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H9l-6-7ZM16.5 9.500l-5 5M11.5 9.500l5 5',
  incoming: 'M18 6 7 17M7 9v8h8',
  outgoing: 'M6 18 17 7M9 7h8v8',
  missed: 'M4 7l8 8 8-8M4 12V7h5',
  trash: 'M4.5 7h15M9.5 7V4.500h5V7M6.5 7l.8 12.500h9.400L17.5 7M10.2 11v5M13.8 11v5',
  close: 'M6 6l12 12M18 6 6 18',
  back: 'M14.5 5.5 8 12l6.5 6.5',
  chart: 'M4 19h16M5 15l4.5-5 3.5 3 6-7.5',
  signOut:
    'M14 4.500H6.500a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H14M10 12h10.500M17 8.500l3.5 3.5-3.5 3.5',
  warning: 'M12 4 2.8 19.500h18.400ZM12 10v4.500M12 17.200h.01',
  check: 'M5 12.500l4.5 4.500L19 7.5',
  echo: 'M4 10v4M8 7v10M12 4v16M16 8v8M20 10.500v3',
  search: 'M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13M15.5 15.5 20 20',
} as const

export type IconName = keyof typeof drawings

/** A picture beside words or inside a button that has a name; screen readers pass it over. */
export function Icon({ name, size = 22 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      aria-hidden="true"
      data-icon={name}
    >
      <path d={drawings[name]} />
    </svg>
  )
}
