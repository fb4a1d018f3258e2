import type { ComponentChildren, JSX } from 'preact'
import type { Rows } from '../store/list.ts'
import { problemWords } from '../words/problem.ts'
import { Button } from './button.tsx'
import { Empty } from './empty.tsx'

interface ListStatesProps<Row> {
  readonly list: Rows<Row>
  readonly retry: () => void
  /** Stands there when the list was loaded and has no rows. */
  readonly nothing: ComponentChildren
  readonly children: ComponentChildren
}

/** A list, or why there is none: still loading, could not be loaded, nothing in it. */
export function ListStates<Row>(props: ListStatesProps<Row>): JSX.Element {
  const { list, retry, nothing, children } = props
  if (list.rows.length > 0) return <>{children}</>
  if (list.state === 'loaded') return <>{nothing}</>
  if (list.state !== 'failed')
    return (
      <div class="skeleton" role="status" aria-label="Loading">
        <span />
        <span />
        <span />
      </div>
    )
  const { title, detail } = problemWords(list.problem)
  return (
    <Empty icon="warning" title={title}>
      <p class="muted">{detail}</p>
      <Button onClick={retry}>Try again</Button>
    </Empty>
  )
}
