import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import type { IconName } from '../../app/parts/icons.tsx'
import { problemText } from '../api/problem.ts'
import { useMay } from '../context.ts'

interface ActProps {
  readonly word: string
  /** What it does in the end: there is no button for a key that may not. */
  readonly operation: string
  readonly icon?: IconName
  readonly kind?: 'plain' | 'primary' | 'danger'
  readonly act: () => Promise<unknown>
}

/** A button that does one thing by the API, and tells beside it why it was refused. */
export function Act(props: ActProps): JSX.Element | null {
  const { word, operation, icon, kind = 'plain', act } = props
  const may = useMay()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const go = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    await act().catch(setProblem)
    setBusy(false)
  }
  if (!may(operation)) return null
  return (
    <span class="download">
      <Button kind={kind} {...(icon && { icon })} disabled={isBusy} onClick={() => void go()}>
        {word}
      </Button>
      {problem !== undefined && (
        <span class="stale" role="alert">
          {problemText(problem)}
        </span>
      )}
    </span>
  )
}
