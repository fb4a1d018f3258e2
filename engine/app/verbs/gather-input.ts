import type { SpeechLimits } from '../../core/end-pointer.ts'
import type { Run } from '../program.ts'
import { type Listening, listen, type Utterance } from '../speech/listen.ts'
import { deadline } from '../wait.ts'
import { type PartialResults, tellPartialResults } from './partial-results.ts'
import type { HeardPrompt } from './prompts.ts'

/** What counts, and how long it is waited for. */
export interface Wanted {
  readonly bargeIn: boolean
  readonly timeoutMs: number
  readonly digitTimeoutMs: number
  readonly finishOnKey: string
  /** Undefined: all count. */
  readonly counts: string | undefined
  /** Undefined: nobody listens. */
  readonly speech: SpeechLimits | undefined
  /** Undefined: nobody is told. */
  readonly partials: PartialResults | undefined
}

export type Input =
  | { readonly is: 'key'; readonly key: string }
  | { readonly is: 'said'; readonly said: Utterance }

/**
 * A key, or an utterance at its end, whichever comes first: during the prompt, or within the timeout after it; who has
 * begun to speak by then is heard to his end.
 */
export async function firstInput(
  run: Run,
  sounds: readonly HeardPrompt[],
  { bargeIn, timeoutMs, counts, speech, partials }: Wanted,
): Promise<Input | undefined> {
  if (!bargeIn) await playAll(sounds, run.signal)
  const [over, prompt] = [new AbortController(), new AbortController()]
  const until = AbortSignal.any([run.signal, over.signal])
  const ear = speech && !until.aborted ? await listen(run, speech) : undefined
  const input = firstOf(run, until, counts, ear)
  if (ear && partials) void tellPartialResults(run, ear, partials, until)
  void Promise.race([input, ear?.begun ?? input]).then(() => prompt.abort())
  // A key that is pressed while the prompt is being stopped is for whoever reads next.
  void input.then(() => over.abort())
  let disarm: (() => void) | undefined
  try {
    if (bargeIn) await playAll(sounds, AbortSignal.any([until, prompt.signal]))
    disarm = run.ports.clock.after(timeoutMs, () => {
      if (!ear?.isSpeaking) over.abort()
    })
    return await input
  } finally {
    disarm?.()
    over.abort()
    ear?.close()
  }
}

/** Undefined when the signal aborts first. */
function firstOf(
  run: Run,
  signal: AbortSignal,
  counts: string | undefined,
  ear: Listening | undefined,
): Promise<Input | undefined> {
  const key = nextKey(run, signal, counts).then((pressed): Input | undefined =>
    pressed === undefined ? undefined : { is: 'key', key: pressed },
  )
  if (!ear) return key
  return Promise.race([key, ear.said.then((said): Input => ({ is: 'said', said }))])
}

async function playAll(sounds: readonly HeardPrompt[], until: AbortSignal): Promise<void> {
  for (const sound of sounds) {
    if (!until.aborted) await sound.play(until)
  }
}

export async function keyWithin(
  run: Run,
  timeoutMs: number,
  counts: string | undefined,
): Promise<string | undefined> {
  const limit = deadline(run.ports.clock, timeoutMs, run.signal)
  const key = await nextKey(run, limit.signal, counts)
  limit.disarm()
  return key
}

/** The next key of those that count (undefined: all do); undefined when the signal aborts first. */
async function nextKey(
  run: Run,
  signal: AbortSignal,
  counts: string | undefined,
): Promise<string | undefined> {
  for (;;) {
    const key = await run.call.digits.next(signal)
    if (key === undefined || counts === undefined || counts.includes(key)) return key
  }
}
