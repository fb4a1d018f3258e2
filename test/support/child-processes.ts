import { readdirSync, readFileSync } from 'node:fs'

export interface ChildProcessSeen {
  readonly pid: number
  readonly name: string
}

/** Processes that one has started, from whichever of its threads, and that are still there. */
export function childrenOf(pid: number): ChildProcessSeen[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((thread) => {
    const ids = read(`/proc/${pid}/task/${thread}/children`)
    return ids === '' ? [] : ids.split(' ').flatMap((id) => seen(Number(id)))
  })
}

/** Those of them that are mediasoup's workers. */
export const mediasoupWorkersOf = (pid: number): number[] =>
  childrenOf(pid)
    .filter(({ name }) => name.startsWith('mediasoup'))
    .map((child) => child.pid)

function seen(pid: number): ChildProcessSeen[] {
  const name = read(`/proc/${pid}/comm`)
  return name === '' ? [] : [{ pid, name }]
}

/** Empty of a thread or process that has just ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
