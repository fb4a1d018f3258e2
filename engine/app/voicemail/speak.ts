import type { Sound } from '../../core/ports/media.ts'
import type { Greeting, VoicemailBox } from '../../core/ports/voicemail.ts'
import type { LeavingWords } from '../phrases/phrases.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'
import { soundOfPhrase, soundOfText } from '../speech/phrase-sounds.ts'
import { playSound } from '../verbs/play.ts'

/** For words of its owner: the voice of the box, or the one of its language. */
function voiceFor(
  { speech }: Ports,
  { voice, language }: VoicemailBox['options'],
): string | undefined {
  return [voice, language, language?.split('-')[0]].find(
    (name): name is string => typeof name === 'string' && speech.hasVoice(name),
  )
}

/** Somebody listens to nothing while a greeting is fetched; the next caller may have it. */
const patienceMs = 4_000

/** The sound of a greeting; undefined when it can't be had, or not soon, which the log tells. */
export async function soundOfGreeting(
  ports: Ports,
  box: VoicemailBox,
  greeting: Greeting,
): Promise<Sound | undefined> {
  if (greeting.kind === 'text') {
    return soundOfText(ports, voiceFor(ports, box.options), greeting.text)
  }
  try {
    const path =
      greeting.kind === 'url'
        ? await fetched(ports, box, greeting.url)
        : await ports.greetingFiles.pathOf(greeting.file)
    return { kind: 'wav', path, loop: 1 }
  } catch (error) {
    ports.log.warn('greeting not to be had', { boxId: box.id, error: String(error) })
    return undefined
  }
}

/** Failures of Web.prompt; rejects also when it takes too long. */
async function fetched({ web, clock }: Ports, { accountId }: VoicemailBox, url: string) {
  const late = new AbortController()
  const disarm = clock.after(patienceMs, () => late.abort())
  try {
    return (await web.prompt(url, accountId, late.signal)).path
  } finally {
    disarm()
  }
}

/** One after the other, as long as the caller is there and nobody stops it. */
export async function hear(
  run: Run,
  sounds: readonly Sound[],
  until: AbortSignal = run.signal,
): Promise<void> {
  for (const sound of sounds) {
    if (until.aborted) return
    await playSound(run, sound, until)
  }
}

/** What the box says by itself to callers, in its language. */
export function soundOfWords(
  ports: Ports,
  { options }: Pick<VoicemailBox, 'options'>,
  wordsOf: (words: LeavingWords) => string,
): Promise<Sound> {
  return soundOfPhrase(ports, options, ({ leaving }) => wordsOf(leaving))
}

/** Says it to the caller. */
export async function tellWords(
  run: Run,
  box: VoicemailBox,
  which: keyof LeavingWords,
): Promise<void> {
  if (run.signal.aborted) return
  await hear(run, [await soundOfWords(run.ports, box, (words) => words[which])])
}
