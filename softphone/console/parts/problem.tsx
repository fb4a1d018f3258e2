import type { JSX } from 'preact'
import { Icon } from '../../app/parts/icons.tsx'
import { problemText } from '../api/problem.ts'

/** What went wrong, where it went wrong. */
export function Problem({ problem }: { readonly problem: unknown }): JSX.Element {
  return (
    <div class="form-problem" role="alert">
      <Icon name="warning" size={18} />
      <p>{problemText(problem)}</p>
    </div>
  )
}
