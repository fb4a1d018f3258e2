import { Failure } from '../../core/failures.ts'
import type { ReferVerb } from '../../core/verbs.ts'
import type { Run } from '../program.ts'
import { byReferring } from '../transfer-call.ts'
import { answer } from './answer.ts'

/** How a `refer` went; `completed`: whom the phone was sent to has taken the call. */
export interface Referred {
  readonly refer_status: 'completed' | 'failed'
  /** What the phone told last. */
  readonly refer_sip_status?: number
}

/**
 * The verb: asks the call's phone to call somebody by itself, and waits for what comes of it. A phone that has done
 * so hangs up by itself, or is hung up soon; where it has not the list goes on.
 */
export async function refer(run: Run, { to }: ReferVerb): Promise<Referred | undefined> {
  const { call, ports } = run
  if (!(await answer(run))) return undefined
  const { promise, resolve } = Promise.withResolvers<number | undefined>()
  const onOver = () => resolve(undefined)
  run.signal.addEventListener('abort', onOver, { once: true })
  call.onReferred = resolve
  try {
    await byReferring(ports, call, to)
    const sipStatus = await promise
    if (sipStatus === undefined) return undefined
    const refer_status = sipStatus < 300 ? 'completed' : 'failed'
    return { refer_status, refer_sip_status: sipStatus }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    await call.note('transfer.failed', { to, reason: error.code })
    return { refer_status: 'failed' }
  } finally {
    call.onReferred = undefined
    run.signal.removeEventListener('abort', onOver)
  }
}
