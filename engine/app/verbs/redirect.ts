import { callFields } from '../call-fields.ts'
import type { Run } from '../program.ts'
import { readVerbs } from '../verb-document.ts'
import { wait } from '../wait.ts'
import { runVerbs } from './run.ts'

/** Where a program goes on: the application is asked for the next verbs. */
export interface Instructions {
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** Told to the application beside the call's own fields. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** Documents that may follow each other at once; after that one a second, for as long as the call lasts. */
const quickRedirects = 20
const slowRedirectMs = 1_000

/** Runs what the application says, and what it says after that, until it says no more. */
export async function runInstructions(run: Run, first: Instructions): Promise<void> {
  let next: Instructions | undefined = first
  for (let count = 0; next && !run.signal.aborted; count++) {
    if (count > quickRedirects) await wait(run.ports.clock, slowRedirectMs, run.signal)
    const { url, method, extra }: Instructions = next
    const fields = { ...callFields(run.call.record), ...extra }
    const document = await run.ports.web.instructions({ url, method, fields }, run.signal)
    next = await runVerbs(run, readVerbs(document))
  }
}

/** Runs a list of verbs and wherever it leads. */
export async function runProgram(run: Run, verbs: Parameters<typeof runVerbs>[1]): Promise<void> {
  const next = await runVerbs(run, verbs)
  if (next) await runInstructions(run, next)
}
