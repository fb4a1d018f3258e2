import { setTimeout as sleep } from 'node:timers/promises'
import { phoneSdp, type ScriptedPhone } from '../support/scripted-phone.ts'

/** What became of calls that were made one after the other or side by side. */
export interface LoadResult {
  readonly completed: number
  /** Final statuses other than 200 (408: none came), each with how often. */
  readonly failed: ReadonlyMap<number, number>
  /** INVITE to 200. */
  readonly setupMs: readonly number[]
  readonly elapsedMs: number
}

export interface CallTo {
  readonly phone: ScriptedPhone
  readonly server: { readonly address: string; readonly port: number }
  readonly user: string
  readonly from: string
  /** How long a call stays up. */
  readonly holdMs: number
}

interface Counts {
  completed: number
  readonly failed: Map<number, number>
  readonly setupMs: number[]
}

// Where nobody listens: what would be heard is not of interest.
const discardPort = 9

async function oneCall(to: CallTo, counts: Counts): Promise<void> {
  const call = to.phone.call(to.server, to.user, to.from, phoneSdp(to.phone.address, discardPort))
  const status = await call.answered
  if (status !== 200) {
    counts.failed.set(status, (counts.failed.get(status) ?? 0) + 1)
    return
  }
  counts.setupMs.push(performance.now() - call.invitedAtMs)
  if (to.holdMs > 0) await sleep(to.holdMs)
  call.bye()
  await call.ended
  counts.completed += 1
}

const fresh = (): Counts => ({ completed: 0, failed: new Map(), setupMs: [] })

/** So many calls in a second, at even distances, whatever becomes of those before. */
export async function callsAtRate(
  to: CallTo,
  perSecond: number,
  seconds: number,
): Promise<LoadResult> {
  const counts = fresh()
  const calls: Promise<void>[] = []
  const startMs = performance.now()
  for (let n = 0; n < perSecond * seconds; n++) {
    const waitMs = startMs + (n * 1000) / perSecond - performance.now()
    if (waitMs > 0) await sleep(Math.ceil(waitMs))
    calls.push(oneCall(to, counts))
  }
  await Promise.all(calls)
  return { ...counts, elapsedMs: performance.now() - startMs }
}

/** Always so many calls under way, the next when one is over, while `goOn` says so. */
export async function callsSideBySide(
  to: CallTo,
  concurrency: number,
  goOn: (begun: number) => boolean,
): Promise<LoadResult> {
  const counts = fresh()
  const startMs = performance.now()
  let begun = 0
  const lane = async (): Promise<void> => {
    while (goOn(begun)) {
      begun += 1
      await oneCall(to, counts)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return { ...counts, elapsedMs: performance.now() - startMs }
}

export const failuresOf = ({ failed }: LoadResult): string =>
  failed.size === 0
    ? 'none failed'
    : [...failed].map(([status, count]) => `${count} failed with ${status}`).join(', ')
