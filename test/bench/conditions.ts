import { execFileSync } from 'node:child_process'
import { cpus, freemem, loadavg, release, totalmem } from 'node:os'
import { inMib, type Print } from './report.ts'

const root = new URL('../..', import.meta.url).pathname

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    return ''
  }
}

function commit(): string {
  const id = git('rev-parse', '--short=12', 'HEAD')
  if (id === '') return 'unknown'
  return git('status', '--porcelain') === '' ? id : `${id} with changes that are not committed`
}

export const load = (): string =>
  loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')

/** Under what conditions figures are taken. */
export function printConditions(print: Print, isShort: boolean): void {
  const cores = cpus()
  print(`machine  ${cores.length} x ${cores[0]?.model ?? 'unknown CPU'}, Linux ${release()}`)
  print(`memory   ${inMib(totalmem())}, ${inMib(freemem())} free`)
  print(`Node     ${process.version}`)
  print(`commit   ${commit()}`)
  print(`load     ${load()} (1, 5 and 15 minutes, before the first bench)`)
  print('network  loopback; phones and trunk are other processes of this machine')
  if (isShort) print('SHORT: a check that the benches work, with too few measurements to go by')
}
