import type { InstructionFormat } from '../../core/ports/web.ts'
import type { Run } from '../program.ts'
import { wait } from '../wait.ts'
import { askNext } from './ask.ts'
import { runVerbs } from './run.ts'

/** Where a program goes on: the application is asked for the next verbs. */
export interface Instructions {
  readonly url: string
  readonly method: 'GET' | 'POST'
  /** From here on, for all that this call asks for; without it as before. */
  readonly format?: InstructionFormat
  /** From here on: asked when an application of this call can't be. */
  readonly fallbackUrl?: string
  /** Told to the application beside the call's own fields, names in snake_case. */
  readonly extra?: Readonly<Record<string, unknown>>
}

/** Documents that may follow each other at once; after that one a second, for as long as the call lasts. */
const quickRedirects = 20
const slowRedirectMs = 1_000

/** Runs what the application says, and what it says after that, until it says no more. */
export async function runInstructions(run: Run, first: Instructions): Promise<void> {
  await follow(run, first)
}

/** The same; tells whether it was ended by a verb that ends all (`hangup`, `reject`, `leave`) or came to its end. */
export async function follow(run: Run, first: Instructions): Promise<'over' | 'end'> {
  const { asking } = run.call
  run.call.asking = {
    ...asking,
    ...(first.format !== undefined && { format: first.format }),
    ...(first.fallbackUrl !== undefined && { fallbackUrl: first.fallbackUrl }),
  }
  let next: Instructions | 'over' | undefined = first
  for (let count = 0; typeof next === 'object' && !run.signal.aborted; count++) {
    if (count > quickRedirects) await wait(run.ports.clock, slowRedirectMs, run.signal)
    next = await runVerbs(run, await askNext(run, next))
  }
  return next === 'over' ? 'over' : 'end'
}

/** Runs a list of verbs and wherever it leads. */
export async function runProgram(run: Run, verbs: Parameters<typeof runVerbs>[1]): Promise<void> {
  const next = await runVerbs(run, verbs)
  if (typeof next === 'object') await runInstructions(run, next)
}
