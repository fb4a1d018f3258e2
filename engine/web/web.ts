import type { Clock } from '../core/clock.ts'
import { Failure } from '../core/failures.ts'
import { isMusicName, musicNamed } from '../core/ports/music.ts'
import type { Log } from '../core/ports/observe.ts'
import type { Web } from '../core/ports/web.ts'
import { promptNamed } from '../core/prompt-names.ts'
import type { AllowedTarget } from '../core/targets.ts'
import { createFetch } from './fetch.ts'
import { createGuard, type Lookup } from './guard.ts'
import { createInstructions } from './instructions.ts'
import { createPrompts, type StoredPrompts } from './prompts.ts'
import { checkPromptName } from './recorded-prompts.ts'
import { checkSocketUrl, createSockets } from './socket.ts'

export interface WebOptions {
  /** Prompts are kept in its folder `prompts`. */
  readonly dataDir: string
  /** What may be reached beyond the public internet. */
  readonly allowed: readonly AllowedTarget[]
  readonly clock: Clock
  readonly log: Log
  /** What prompts are brought to, in LUFS. */
  readonly loudness?: number | 'off'
  readonly stored?: StoredPrompts
  readonly lookup?: Lookup
}

/** The outgoing web: only http and https, only public or allowed addresses, everything bounded. */
export function createWeb(options: WebOptions): Web {
  const { dataDir, allowed, clock, log, loudness = 'off', stored, lookup } = options
  const guard = createGuard(allowed, lookup)
  const fetch = createFetch(guard, clock)
  return {
    prompt: createPrompts({ dataDir, fetch, clock, log, loudness, ...(stored && { stored }) }),
    instructions: createInstructions(fetch, clock),
    socket: createSockets(guard, clock),
    checkUrl: (url, field) => {
      guard.check(url, field)
    },
    checkSocketUrl: (url, field) => {
      checkSocketUrl(guard, url, field)
    },
    checkPromptUrl: (url, field) => {
      const music = musicNamed(url)
      if (music !== undefined) return checkMusicName(music, field)
      const name = promptNamed(url)
      if (name === undefined) guard.check(url, field)
      else checkPromptName(name, field)
    },
  }
}

/** Whether there is music of that name is seen when it is to be played: folders come and go. */
function checkMusicName(name: string, field: string): void {
  if (!isMusicName(name))
    throw new Failure('url_not_allowed', 'music: is followed by the name of a folder', field)
}
