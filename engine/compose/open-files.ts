import { readFileSync } from 'node:fs'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/ports/observe.ts'

/** As the README says under "Run". */
const ofEngine = 70
/** For audio and its reports, and a recording. */
const ofLeg = 3
const portsOfLeg = 2

/** Warns once where the system allows fewer open files than so many calls need as may be at once. */
export function checkOpenFiles(
  { callLimits, rtp }: Pick<Config, 'callLimits' | 'rtp'>,
  log: Pick<Log, 'warn'>,
  limits = limitsOfProcess(),
): void {
  const limit = openFilesLimit(limits)
  const { first, last } = rtp.ports
  const legs = Math.min(callLimits.maxCalls, Math.floor((last - first + 1) / portsOfLeg))
  const needed = ofEngine + ofLeg * legs
  if (limit === undefined || limit >= needed) return
  const callsThatFit = Math.max(0, Math.floor((limit - ofEngine) / ofLeg))
  log.warn(
    `open files: the limit of ${limit} is too low for ${legs} calls that are recorded: raise it to ${needed} and one for each connection (LimitNOFILE=, ulimit -Hn), or set RINGDOWN_MAX_CALLS to ${callsThatFit}`,
  )
}

/** In the text of /proc/<pid>/limits (proc(5)); Node has raised the soft limit to the hard one. Undefined: not told. */
function openFilesLimit(text: string): number | undefined {
  const [, soft] = /^Max open files +(\d+|unlimited) /m.exec(text) ?? []
  if (soft === undefined) return undefined
  return soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

/** Empty where the system has no such file. */
function limitsOfProcess(): string {
  try {
    return readFileSync('/proc/self/limits', 'utf8')
  } catch {
    return ''
  }
}
