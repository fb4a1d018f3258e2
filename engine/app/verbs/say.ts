import type { Speaking } from '../../core/ports/speech.ts'
import type { SayVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { followed, speakFor } from '../speech/speaking.ts'
import { answer } from './answer.ts'
import { earlyMedia } from './early-media.ts'
import { playSound } from './play.ts'

/** Speaks a text, `loop` times (default once): it is heard while the rest of it is made. */
export async function say(run: Run, verb: SayVerb): Promise<void> {
  const speaking = await speakFor(run, verb, run.signal)
  try {
    if (!(await (verb.answer === false ? earlyMedia(run) : answer(run)))) return
    if (speaking) await playSpeech(run, speaking, verb.loop, run.signal)
  } finally {
    speaking?.release()
  }
}

/** Plays speech until it ends or the signal aborts. */
export async function playSpeech(
  run: Run,
  speaking: Speaking,
  loop: number | undefined,
  until: AbortSignal,
): Promise<void> {
  const player = speaking.player(loop)
  await followed(run, speaking, player, () => playSound(run, player.sound, until))
}
