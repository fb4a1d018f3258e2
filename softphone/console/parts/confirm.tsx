import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { Dialog } from './dialog.tsx'
import { Problem } from './problem.tsx'

interface ConfirmProps {
  readonly title: string
  readonly says: string
  readonly word: string
  readonly onClose: () => void
  readonly act: () => Promise<void>
}

/** Asks before what can not be undone. */
export function Confirm({ title, says, word, onClose, act }: ConfirmProps): JSX.Element {
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const go = async (): Promise<void> => {
    setBusy(true)
    await act().catch(setProblem)
    setBusy(false)
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{says}</p>
      {problem !== undefined && <Problem problem={problem} />}
      <div class="filters">
        <Button kind="danger" disabled={isBusy} onClick={() => void go()}>
          {word}
        </Button>
      </div>
    </Dialog>
  )
}
