import { readdirSync, readFileSync } from 'node:fs'
import { childrenOf } from '../support/child-processes.ts'

/** CPU and memory of another process, as Linux tells them. */

// USER_HZ, which Linux fixes at 100 for everything that it shows to programs.
const tickMs = 10

const fieldsOf = (stat: string): string[] => stat.slice(stat.lastIndexOf(')') + 2).split(' ')

function cpuMsOf(stat: string): number {
  const fields = fieldsOf(stat)
  return (Number(fields[11]) + Number(fields[12])) * tickMs
}

/** CPU time of all threads, user and system. */
export const cpuMs = (pid: number): number => cpuMsOf(readFileSync(`/proc/${pid}/stat`, 'utf8'))

/** A process and all that it has started, down to the last. */
export function processTree(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap((child) => processTree(child.pid))]
}

/** CPU time of each thread by its id. */
function threadCpuMs(pid: number): Map<string, { name: string; cpuMs: number }> {
  const threads = new Map<string, { name: string; cpuMs: number }>()
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    try {
      const folder = `/proc/${pid}/task/${id}`
      const name = readFileSync(`${folder}/comm`, 'utf8').trim()
      const stat = readFileSync(`${folder}/stat`, 'utf8')
      threads.set(id, { name: id === String(pid) ? 'main' : name, cpuMs: cpuMsOf(stat) })
    } catch {
      // The thread has ended since it was listed.
    }
  }
  return threads
}

export const rssBytes = (pid: number): number => {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
  return Number(kib) * 1024
}

/** Measures what a process uses from `start` on, until asked. */
export class CpuMeter {
  readonly #pid: number
  readonly #startMs = performance.now()
  readonly #cpuMs: number
  readonly #threads: Map<string, { name: string; cpuMs: number }>

  private constructor(pid: number) {
    this.#pid = pid
    this.#cpuMs = cpuMs(pid)
    this.#threads = threadCpuMs(pid)
  }

  static start(pid: number): CpuMeter {
    return new CpuMeter(pid)
  }

  usedMs(): number {
    return cpuMs(this.#pid) - this.#cpuMs
  }

  /** Share of one core since the start. */
  share(): number {
    return this.usedMs() / (performance.now() - this.#startMs)
  }

  /** Shares of the busiest threads, as text. */
  threads(most = 4): string {
    const elapsedMs = performance.now() - this.#startMs
    const shares = [...threadCpuMs(this.#pid)].map(([id, { name, cpuMs: now }]) => ({
      name,
      share: (now - (this.#threads.get(id)?.cpuMs ?? 0)) / elapsedMs,
    }))
    shares.sort((a, b) => b.share - a.share)
    return shares
      .slice(0, most)
      .map(({ name, share }) => `${name} ${(100 * share).toFixed(1)} %`)
      .join(', ')
  }
}
