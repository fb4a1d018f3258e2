import { readdirSync, readFileSync } from 'node:fs'

export interface ChildProcessSeen {
  readonly pid: number
  readonly name: string
}

/** Processes that one has started, from whichever of its threads, and that are still there. */
export function childrenOf(pid: number): ChildProcessSeen[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const ids = readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').trim()
    return ids === '' ? [] : ids.split(' ').flatMap((id) => seen(Number(id)))
  })
}

/** Those of them that are mediasoup's workers. */
export const mediasoupWorkersOf = (pid: number): number[] =>
  childrenOf(pid)
    .filter(({ name }) => name.startsWith('mediasoup'))
    .map((child) => child.pid)

function seen(pid: number): ChildProcessSeen[] {
  try {
    return [{ pid, name: readFileSync(`/proc/${pid}/comm`, 'utf8').trim() }]
  } catch {
    // It has just ended.
    return []
  }
}
