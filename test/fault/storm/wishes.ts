import { setTimeout as sleep } from 'node:timers/promises'
import type { EngineProcess } from '../../support/engine-process.ts'

const againMs = 50
const patienceMs = 2_000

/** A call that an application wants once, however often it has to ask. */
export interface Wish {
  readonly number: string
  /** What the engine called it, each time that it answered. */
  readonly ids: Set<string>
  asked: number
}

/** Applications that want calls, a few at a time, and ask again until they are told that there is one. */
export class Wishes {
  readonly all: Wish[] = []
  /** Answers that are neither a call nor a wait. */
  readonly refusals: string[] = []
  readonly #engine: () => EngineProcess
  #isOver = false

  constructor(engine: () => EngineProcess) {
    this.#engine = engine
  }

  /** Asks until `stop`; resolves when every wish is answered. */
  async run(lanes: number, pauseMs: number): Promise<void> {
    const lane = async (): Promise<void> => {
      while (!this.#isOver) {
        await this.#fulfil(this.#newWish())
        await sleep(pauseMs)
      }
    }
    await Promise.all(Array.from({ length: lanes }, lane))
  }

  stop(): void {
    this.#isOver = true
  }

  #newWish(): Wish {
    const number = `+612555${String(this.all.length).padStart(5, '0')}`
    const wish = { number, ids: new Set<string>(), asked: 0 }
    this.all.push(wish)
    return wish
  }

  async #fulfil(wish: Wish): Promise<void> {
    for (;;) {
      wish.asked++
      if (await this.#ask(wish)) return
      await sleep(againMs)
    }
  }

  /** True: nothing more is to be asked. */
  async #ask(wish: Wish): Promise<boolean> {
    const { httpUrl, apiKey } = this.#engine()
    try {
      const response = await fetch(`${httpUrl}/v1/voice/calls`, {
        method: 'POST',
        headers: {
          'x-api-key': apiKey,
          'content-type': 'application/json',
          'idempotency-key': `wish ${wish.number}`,
        },
        body: JSON.stringify({ to: wish.number, from: '+61290000001', timeout: 5 }),
        signal: AbortSignal.timeout(patienceMs),
      })
      const text = await response.text()
      if (response.status === 201) {
        wish.ids.add((JSON.parse(text) as { id: string }).id)
        return true
      }
      // not yet, or the first asking is at work still
      if (response.status >= 500 || response.status === 409) return false
      this.refusals.push(`${response.status} ${text.slice(0, 200)}`)
      return true
    } catch {
      return false
    }
  }
}
