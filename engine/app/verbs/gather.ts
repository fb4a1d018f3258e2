import type { GatherVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { deadline } from '../wait.ts'
import { answer } from './answer.ts'
import { playSound } from './play.ts'
import { speechOf } from './say.ts'

const defaultTimeoutMs = 5_000

export interface GatherResult {
  /** Without the finishing key; empty when nothing was pressed in time. */
  readonly digits: string
  /** The finishing key was pressed. */
  readonly isFinished: boolean
}

/**
 * Plays the prompt and collects keys; the first key stops the prompt (barge-in). When nothing comes
 * within the timeout after the prompt, it is played again, `attempts` times in all. Keys that do not
 * count neither stop the prompt nor lengthen the wait.
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
  const path = await promptOf(run, verb)
  const nothing = { digits: '', isFinished: false }
  if (!(await answer(run))) return nothing
  const attempts = verb.attempts ?? 1
  let entry = nothing
  for (let attempt = 0; attempt < attempts && !run.signal.aborted; attempt++) {
    entry = await collect(run, verb, path)
    if (entry.digits !== '') break
  }
  return entry
}

async function promptOf(run: Run, verb: GatherVerb): Promise<string | undefined> {
  if (!verb.prompt) return undefined
  if (verb.prompt.verb === 'say') return speechOf(run, verb.prompt)
  return (await run.ports.web.prompt(verb.prompt.url, run.signal)).path
}

async function collect(
  run: Run,
  verb: GatherVerb,
  path: string | undefined,
): Promise<GatherResult> {
  const numDigits = verb.numDigits ?? 1
  const finishOnKey = verb.finishOnKey ?? '#'
  const timeoutMs = verb.timeoutMs ?? defaultTimeoutMs
  let digits = ''
  const counts = verb.keys === undefined ? undefined : verb.keys + finishOnKey
  let key = await firstKey(run, path, timeoutMs, counts)
  while (key !== undefined && key !== finishOnKey) {
    digits += key
    if (digits.length >= numDigits) break
    key = await keyWithin(run, timeoutMs, counts)
  }
  return { digits, isFinished: key === finishOnKey }
}

/** A key during the prompt, or within the timeout after it. */
async function firstKey(
  run: Run,
  path: string | undefined,
  timeoutMs: number,
  counts: string | undefined,
): Promise<string | undefined> {
  if (path === undefined) return keyWithin(run, timeoutMs, counts)
  const silence = new AbortController()
  const prompt = new AbortController()
  const reading = nextKey(run, AbortSignal.any([run.signal, silence.signal]), counts)
  const bargeIn = reading.then(() => prompt.abort())
  await playSound(run, { kind: 'wav', path, loop: 1 }, AbortSignal.any([run.signal, prompt.signal]))
  const disarm = run.ports.clock.after(timeoutMs, () => silence.abort())
  await bargeIn
  disarm()
  return reading
}

async function keyWithin(
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
