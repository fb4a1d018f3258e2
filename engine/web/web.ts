import type { Clock } from '../core/clock.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Web } from '../core/ports/web.ts'
import { promptNamed } from '../core/prompt-names.ts'
import type { AllowedTarget } from '../core/targets.ts'
import { createFetch } from './fetch.ts'
import { createGuard, type Lookup } from './guard.ts'
import { createInstructions } from './instructions.ts'
import { createPrompts } from './prompts.ts'
import { checkPromptName } from './recorded-prompts.ts'

export interface WebOptions {
  /** Prompts are kept in its folder `prompts`. */
  readonly dataDir: string
  /** What may be reached beyond the public internet. */
  readonly allowed: readonly AllowedTarget[]
  readonly clock: Clock
  readonly log: Log
  readonly lookup?: Lookup
}

/** The outgoing web: only http and https, only public or allowed addresses, everything bounded. */
export function createWeb({ dataDir, allowed, clock, log, lookup }: WebOptions): Web {
  const guard = createGuard(allowed, lookup)
  const fetch = createFetch(guard, clock)
  return {
    prompt: createPrompts({ dataDir, fetch, clock, log }),
    instructions: createInstructions(fetch),
    checkUrl: (url, field) => {
      guard.check(url, field)
    },
    checkPromptUrl: (url, field) => {
      const name = promptNamed(url)
      if (name === undefined) guard.check(url, field)
      else checkPromptName(name, field)
    },
  }
}
