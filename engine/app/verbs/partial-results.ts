import type { GatherVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import type { Listening } from '../speech/listen.ts'
import { aborted, wait } from '../wait.ts'
import { tellApplication } from './ask.ts'
import type { Instructions } from './redirect.ts'

/** So often at most. */
const everyMs = 1_000
/** Each time all that was said is recognised anew: of more than that it would take too long. */
const longestMs = 20_000

/** Who is told what has been understood by now. */
export interface PartialResults extends Pick<Instructions, 'url' | 'method'> {
  readonly language: string | undefined
}

export const partialResultsOf = ({
  partialCallback: url,
  partialCallbackMethod: method = 'POST',
  language,
}: GatherVerb): PartialResults | undefined =>
  url === undefined ? undefined : { url, method, language }

/**
 * Tells, while somebody speaks, what has been understood by now, whenever that is another than before; while others wait
 * for the model nothing is. One after the other: the next is made when the one before has been told. Nothing of it
 * stands in the call's log. Never rejects.
 */
export async function tellPartialResults(
  run: Run,
  { begun, soFar }: Pick<Listening, 'begun' | 'soFar'>,
  { url, method, language }: PartialResults,
  until: AbortSignal,
): Promise<void> {
  await Promise.race([begun, aborted(until)])
  let told: readonly string[] = []
  let sequence = 0
  while ((await wait(run.ports.clock, everyMs, until)) === 'elapsed') {
    const { spokenMs, ...sound } = soFar()
    if (spokenMs > longestMs) return
    const words = await understood(run, sound, language, until)
    if (until.aborted) return
    if (words.length === 0 || words.join(' ') === told.join(' ')) continue
    const extra = { sequence_number: sequence, ...resultOf(words, told) }
    sequence += 1
    told = words
    await tellApplication(run, { url, method, extra })
  }
}

type Recognise = NonNullable<Run['ports']['recogniser']>['recognise']

/** None where it can't be known now. */
async function understood(
  { ports: { recogniser, log }, call }: Run,
  sound: Parameters<Recognise>[0],
  language: string | undefined,
  until: AbortSignal,
): Promise<readonly string[]> {
  if (recogniser?.isIdle !== true) return []
  try {
    const { text } = await recogniser.recognise(sound, until, language)
    return text.split(/\s+/).filter((word) => word !== '')
  } catch (error) {
    if (!until.aborted) log.info('no partial result', { callId: call.id, error: String(error) })
    return []
  }
}

/** Stable are the words, from the first on, that are the same as the last time. */
function resultOf(words: readonly string[], before: readonly string[]) {
  const other = words.findIndex((word, at) => word !== before[at])
  const stable = other < 0 ? words : words.slice(0, other)
  return {
    unstable_speech: words.join(' '),
    stable_speech: stable.join(' '),
    stability: Math.round((stable.length / words.length) * 100) / 100,
  }
}
