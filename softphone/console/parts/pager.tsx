import type { JSX } from 'preact'
import { Button } from '../../app/parts/button.tsx'

interface PagerProps {
  readonly label: string
  /** Of the button back and the button on. */
  readonly words: readonly [back: string, on: string]
  /** By what each page before this one ends; empty on the first one. */
  readonly before: readonly number[]
  /** By what this page ends; undefined on the last one. */
  readonly next: number | undefined
  readonly setBefore: (before: readonly number[]) => void
}

/** Back and on in a list whose pages are told by where the one before ends; nothing for a single page. */
export function Pager({ label, words, before, next, setBefore }: PagerProps): JSX.Element | null {
  if (before.length === 0 && next === undefined) return null
  const [back, on] = words
  return (
    <nav class="pager" aria-label={label}>
      <Button disabled={before.length === 0} onClick={() => setBefore(before.slice(0, -1))}>
        {back}
      </Button>
      <Button
        disabled={next === undefined}
        onClick={() => setBefore(next === undefined ? before : [...before, next])}
      >
        {on}
      </Button>
    </nav>
  )
}
