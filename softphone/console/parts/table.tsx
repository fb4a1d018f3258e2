import type { ComponentChildren, JSX } from 'preact'
import { Button } from '../../app/parts/button.tsx'
import { Empty } from '../../app/parts/empty.tsx'
import type { IconName } from '../../app/parts/icons.tsx'
import { type Json, text } from '../api/json.ts'
import { problemText } from '../api/problem.ts'
import type { AskedFor } from '../use-asked.ts'

export interface Column {
  readonly title: string
  /** Of numbers: they stand at the right. */
  readonly isNumber?: true
  cell(row: Json): ComponentChildren
}

/** Text of people, of any length: it takes several lines rather than the room of the others. */
export const prose = (title: string, textOf: (row: Json) => string): Column => ({
  title,
  cell: (row) => {
    const words = textOf(row)
    return words === '' ? '' : <span class="prose">{words}</span>
  },
})

/** An address of any length: it is cut anywhere. */
export const address = (title: string, name: string): Column => ({
  title,
  cell: (row) => <span class="breaks">{text(row, name)}</span>,
})

/** A column of a field as it is. */
export const plain = (title: string, name: string): Column => ({
  title,
  cell: (row) => text(row, name),
})

interface TableProps {
  /** What is in it, for screen readers. */
  readonly label: string
  readonly asked: AskedFor<readonly Json[]>
  readonly columns: readonly Column[]
  readonly nothing: { readonly icon: IconName; readonly title: string; readonly hint?: string }
  /** Buttons at the end of a row. */
  readonly actions?: (row: Json) => ComponentChildren
  readonly keyOf?: (row: Json) => string
}

/** Rows of the engine, or why there are none. */
export function Table(props: TableProps): JSX.Element {
  const { label, asked, columns, nothing, actions, keyOf = (row) => text(row, 'id') } = props
  const { value, problem, reload } = asked
  if (value === undefined && problem !== undefined)
    return (
      <Empty icon="warning" title="This could not be loaded">
        <p class="muted">{problemText(problem)}</p>
        <Button onClick={reload}>Try again</Button>
      </Empty>
    )
  if (value === undefined)
    return (
      <div class="skeleton" role="status" aria-label="Loading">
        <span />
        <span />
        <span />
      </div>
    )
  if (value.length === 0)
    return (
      <Empty icon={nothing.icon} title={nothing.title}>
        {nothing.hint && <p class="muted">{nothing.hint}</p>}
      </Empty>
    )
  return (
    <div class="table-place">
      {problem !== undefined && <p class="stale">{problemText(problem)}</p>}
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ title, isNumber }) => (
              <th key={title} scope="col" class={isNumber ? 'number' : undefined}>
                {title}
              </th>
            ))}
            {actions && (
              <th scope="col">
                <span class="only-read">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {value.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ title, isNumber, cell }) => (
                <td key={title} class={isNumber ? 'number' : undefined} data-title={title}>
                  {cell(row)}
                </td>
              ))}
              {actions && <td class="actions">{actions(row)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
