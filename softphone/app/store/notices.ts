import { type ReadonlySignal, signal } from '@preact/signals'
import { problemWords, type Words } from '../words/problem.ts'

export interface Notice extends Words {
  readonly id: number
  readonly kind: 'problem' | 'news'
}

/** Short messages at the edge of the page, and lines that only screen readers get. */
export interface Notices {
  readonly shown: ReadonlySignal<readonly Notice[]>
  /** The newest line for screen readers. */
  readonly spoken: ReadonlySignal<string>
  news(title: string, detail?: string): void
  problem(error: unknown): void
  say(line: string): void
  dismiss(id: number): void
  /** Does it, and shows what it failed with. */
  attempt(action: () => Promise<unknown>): void
}

const mostShown = 3
const newsForMs = 5000
const problemForMs = 12_000

export function createNotices(): Notices {
  const shown = signal<readonly Notice[]>([])
  const spoken = signal('')
  let lastId = 0
  const dismiss = (id: number): void => {
    shown.value = shown.peek().filter((notice) => notice.id !== id)
  }
  const show = (kind: Notice['kind'], words: Words): void => {
    lastId += 1
    const id = lastId
    const others = shown.peek().filter(({ title }) => title !== words.title)
    shown.value = [...others.slice(1 - mostShown), { ...words, id, kind }]
    setTimeout(() => dismiss(id), kind === 'news' ? newsForMs : problemForMs)
  }
  const problem = (error: unknown): void => show('problem', problemWords(error))
  return {
    shown,
    spoken,
    dismiss,
    problem,
    news: (title, detail = '') => show('news', { title, detail }),
    say(line) {
      spoken.value = line
    },
    attempt(action) {
      action().catch(problem)
    },
  }
}
