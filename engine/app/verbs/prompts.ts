import type { Speaking } from '../../core/ports/speech.ts'
import type { Prompt } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { speakFor } from '../speech/speaking.ts'
import { playSound, wavOf } from './play.ts'
import { playSpeech } from './say.ts'

/** What somebody is asked with: may be heard again, from its beginning. */
export interface HeardPrompt {
  /** Until it ends or the signal aborts. */
  play(until: AbortSignal): Promise<void>
  /** It will not be heard again. */
  release(): void
}

const nothing = (): void => undefined

/** Makes them ready; those that are not to be had are left out. All speech is begun at once. */
export async function promptsOf(
  run: Run,
  prompts: readonly Prompt[],
): Promise<readonly HeardPrompt[]> {
  const ready = await Promise.allSettled(prompts.map((prompt) => heardOf(run, prompt)))
  const heard = ready.flatMap((one) => (one.status === 'fulfilled' && one.value ? one.value : []))
  const failed = ready.find((one) => one.status === 'rejected')
  if (!failed) return heard
  for (const prompt of heard) prompt.release()
  throw failed.reason
}

async function heardOf(run: Run, prompt: Prompt): Promise<HeardPrompt | undefined> {
  switch (prompt.verb) {
    case 'pause': {
      const { durationMs } = prompt
      const play = (until: AbortSignal) => playSound(run, { kind: 'silence', durationMs }, until)
      return { play, release: nothing }
    }
    case 'say': {
      const speaking = await speakFor(run, prompt, run.signal)
      return speaking && spoken(run, speaking, prompt.loop)
    }
    case 'play': {
      const path = await wavOf(run, prompt)
      if (path === undefined) return undefined
      const sound = { kind: 'wav', path, loop: prompt.loop ?? 1 } as const
      return { play: (until) => playSound(run, sound, until), release: nothing }
    }
  }
}

const spoken = (run: Run, speaking: Speaking, loop: number | undefined): HeardPrompt => ({
  play: (until) => playSpeech(run, speaking, loop, until),
  release: () => speaking.release(),
})
