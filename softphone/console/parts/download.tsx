import type { ComponentChildren, JSX } from 'preact'
import { useState } from 'preact/hooks'
import { Button } from '../../app/parts/button.tsx'
import { problemText } from '../api/problem.ts'
import { useClient } from '../context.ts'

interface DownloadProps {
  readonly operation: string
  readonly name: string
  /** What is asked for (Accept). */
  readonly type: string
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly children: ComponentChildren
}

/** Fetches with the key, which a plain link could not, and gives it to the browser as a file. */
export function Download(props: DownloadProps): JSX.Element {
  const { operation, name, type, params = {}, query = {}, children } = props
  const client = useClient()
  const [problem, setProblem] = useState<unknown>()
  const [isBusy, setBusy] = useState(false)
  const fetchIt = async (): Promise<void> => {
    setBusy(true)
    setProblem(undefined)
    try {
      save(await client.file(operation, { params, query, accept: type }), name)
    } catch (error) {
      setProblem(error)
    }
    setBusy(false)
  }
  return (
    <span class="download">
      <Button disabled={isBusy} onClick={() => void fetchIt()}>
        {isBusy ? 'Fetching…' : children}
      </Button>
      {problem !== undefined && <span class="stale">{problemText(problem)}</span>}
    </span>
  )
}

function save(blob: Blob, name: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
