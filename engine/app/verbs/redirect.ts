import { callFields } from '../call-fields.ts'
import type { Run } from '../program.ts'
import { readVerbs } from '../verb-document.ts'
import { runVerbs } from './run.ts'

const maxRedirects = 100

/** Fetches verbs from the application and runs them in place of the rest of the program. */
export async function runUrl(
  run: Run,
  url: string,
  method: 'GET' | 'POST',
  extra: Readonly<Record<string, unknown>> = {},
  depth = 0,
): Promise<void> {
  if (depth > maxRedirects) throw new Error('too many redirects in one program')
  const fields = { ...callFields(run.call.record), ...extra }
  const document = await run.ports.web.instructions({ url, method, fields }, run.signal)
  const verbs = readVerbs(document)
  return runVerbs(run, verbs, depth + 1)
}
