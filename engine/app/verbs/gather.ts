import type { GatherVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { recognised, type Words } from '../speech/recognised.ts'
import { hearsSpeech, requireHearing } from '../speech/recogniser.ts'
import { answer } from './answer.ts'
import { firstInput, keyWithin, type Wanted } from './gather-input.ts'
import { partialResultsOf } from './partial-results.ts'
import { type HeardPrompt, promptsOf } from './prompts.ts'

const defaultTimeoutMs = 5_000
const defaultSpeechTimeoutMs = 1_000
const longestSpeechMs = 60_000

export interface GatherResult {
  /** Without the finishing key; empty when nothing was pressed in time. */
  readonly digits: string
  /** The finishing key was pressed. */
  readonly isFinished: boolean
  /** Something was said in place of keys. */
  readonly spoken?: Words
}

/**
 * Plays the prompt and collects keys, or what is said, whichever comes first; the first key, or the first words, stop
 * the prompt (barge-in). When nothing comes within the timeout after the prompt, or what was said has no words, it is
 * played again, `attempts` times in all. Keys that do not count neither stop the prompt nor lengthen the wait. Failure of
 * `requireHearing`.
 */
export async function gather(run: Run, verb: GatherVerb): Promise<GatherResult> {
  const result = await gatherUnseen(run, verb)
  const { digits } = result
  // Stored with the next event, which follows at once: a verb begins, or this one ends.
  if (digits !== '') run.call.record = { ...run.call.record, gathered: digits }
  return result
}

/** The same, but what is entered stands nowhere. */
export async function gatherUnseen(run: Run, verb: GatherVerb): Promise<GatherResult> {
  requireHearing(run.ports.recogniser, verb)
  const prompts = verb.prompts ?? (verb.prompt ? [verb.prompt] : [])
  const heard = await promptsOf(run, prompts)
  try {
    return await collectAll(run, verb, heard)
  } finally {
    for (const prompt of heard) prompt.release()
  }
}

async function collectAll(
  run: Run,
  verb: GatherVerb,
  sounds: readonly HeardPrompt[],
): Promise<GatherResult> {
  const nothing = { digits: '', isFinished: false }
  if (!(await answer(run))) return nothing
  const attempts = verb.attempts ?? 1
  let entry: GatherResult = nothing
  for (let attempt = 0; attempt < attempts && !run.signal.aborted; attempt++) {
    entry = await collect(run, verb, sounds)
    if (entry.digits !== '' || entry.spoken) break
  }
  return entry
}

function wantedOf(verb: GatherVerb): Wanted {
  const finishOnKey = verb.finishOnKey ?? '#'
  const timeoutMs = verb.timeoutMs ?? defaultTimeoutMs
  const takesKeys = verb.input?.includes('digits') ?? true
  return {
    bargeIn: verb.bargeIn ?? true,
    timeoutMs,
    digitTimeoutMs: verb.digitTimeoutMs ?? timeoutMs,
    finishOnKey,
    counts: takesKeys ? verb.keys && verb.keys + finishOnKey : '',
    speech: hearsSpeech(verb)
      ? {
          speechTimeoutMs: verb.speechTimeoutMs ?? defaultSpeechTimeoutMs,
          maxSpeechMs: verb.maxSpeechMs ?? longestSpeechMs,
        }
      : undefined,
    partials: partialResultsOf(verb),
  }
}

async function collect(
  run: Run,
  verb: GatherVerb,
  sounds: readonly HeardPrompt[],
): Promise<GatherResult> {
  const wanted = wantedOf(verb)
  const first = await firstInput(run, sounds, wanted)
  if (first?.is === 'said') {
    const spoken = await recognised(run, first.said, verb.language)
    return { digits: '', isFinished: false, ...(spoken && { spoken }) }
  }
  return collectKeys(run, verb, wanted, first?.key)
}

async function collectKeys(
  run: Run,
  { numDigits = 1, minDigits = 1 }: GatherVerb,
  { finishOnKey, digitTimeoutMs, counts }: Wanted,
  first: string | undefined,
): Promise<GatherResult> {
  let digits = ''
  let key = first
  while (key !== undefined && key !== finishOnKey) {
    digits += key
    if (digits.length >= numDigits) break
    key = await keyWithin(run, digitTimeoutMs, counts)
  }
  return {
    digits: digits.length >= minDigits ? digits : '',
    isFinished: key !== undefined && key === finishOnKey,
  }
}
