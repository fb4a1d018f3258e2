import { type ReadonlySignal, signal } from '@preact/signals'

/** Rows that the engine has; what was there stays while it is asked again. */
export interface Rows<Row> {
  readonly rows: readonly Row[]
  readonly state: 'empty' | 'loading' | 'loaded' | 'failed'
  readonly problem: unknown
}

export interface ListStore<Row> {
  readonly now: ReadonlySignal<Rows<Row>>
  /** Asks the engine; two askings at the same time become one and one after it. */
  load(): Promise<void>
  /** Changes rows here at once, before the engine has said so. */
  change(with_: (rows: readonly Row[]) => readonly Row[]): void
  clear(): void
}

export function createList<Row>(ask: () => Promise<readonly Row[]>): ListStore<Row> {
  const nothing: Rows<Row> = { rows: [], state: 'empty', problem: undefined }
  const now = signal<Rows<Row>>(nothing)
  let running: Promise<void> | undefined
  let isAskedAgain = false

  const once = async (): Promise<void> => {
    if (now.peek().state !== 'loaded') now.value = { ...now.peek(), state: 'loading' }
    try {
      now.value = { rows: await ask(), state: 'loaded', problem: undefined }
    } catch (problem) {
      now.value = { ...now.peek(), state: 'failed', problem }
    }
  }
  /** Never fails: what went wrong stands in the signal. */
  const all = async (): Promise<void> => {
    do {
      isAskedAgain = false
      await once()
    } while (isAskedAgain)
    running = undefined
  }

  return {
    now,
    load() {
      if (running === undefined) running = all()
      else isAskedAgain = true
      return running
    },
    change(with_) {
      now.value = { ...now.peek(), rows: with_(now.peek().rows) }
    },
    clear() {
      now.value = nothing
    },
  }
}
