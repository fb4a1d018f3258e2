import type { JSX } from 'preact'

const tones: Readonly<Record<string, 'good' | 'wait' | 'bad'>> = {
  'in-progress': 'good',
  active: 'good',
  enabled: 'good',
  registered: 'good',
  up: 'good',
  ok: 'good',
  live: 'good',
  delivered: 'good',
  queued: 'wait',
  ringing: 'wait',
  init: 'wait',
  open: 'wait',
  test: 'wait',
  paused: 'wait',
  urgent: 'bad',
  failed: 'bad',
  busy: 'bad',
  'no-answer': 'bad',
  dead: 'bad',
  down: 'bad',
  suspended: 'bad',
  revoked: 'bad',
  'not registered': 'bad',
}

/** A state in a word, and in a colour beside it. */
export function Chip({ word }: { readonly word: string }): JSX.Element {
  return (
    <span class="chip" data-tone={tones[word] ?? 'plain'}>
      {word}
    </span>
  )
}
