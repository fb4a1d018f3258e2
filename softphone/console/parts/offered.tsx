import type { ComponentChildren } from 'preact'
import { useMay } from '../context.ts'

interface OfferedProps {
  /** What it does in the end, of the API. */
  readonly operation: string
  readonly children: ComponentChildren
}

/** What is there only for a key that may do it. */
export function Offered({ operation, children }: OfferedProps): ComponentChildren {
  return useMay()(operation) ? children : null
}
