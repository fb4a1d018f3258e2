import type { JSX } from 'preact'

interface TileProps {
  readonly label: string
  readonly value: string
  readonly href?: string
  readonly tone?: 'good' | 'bad'
}

/** One figure with its name. */
export function Tile({ label, value, href, tone }: TileProps): JSX.Element {
  const inside = (
    <>
      <span class="tile-value">{value === '' ? '–' : value}</span>
      <span class="muted">{label}</span>
    </>
  )
  return href === undefined ? (
    <div class="tile" data-tone={tone}>
      {inside}
    </div>
  ) : (
    <a class="tile" data-tone={tone} href={href}>
      {inside}
    </a>
  )
}
