import { Failure } from '../../core/failures.ts'
import { isE164 } from '../../core/numbers.ts'
import type { VoicemailBox } from '../../core/ports/voicemail.ts'
import { onwardOf } from '../forwarding.ts'
import type { Run } from '../program.ts'
import { dial } from '../verbs/dial.ts'

/** Connects the caller with whom the box names for that. False: nobody has answered, and he is back. */
export async function callOperator(run: Run, { id, options }: VoicemailBox): Promise<boolean> {
  const { call, ports } = run
  const to = options.operator
  if (to === null) return false
  const { record, made } = call
  const isOutside = isE164(to)
  try {
    const { connected } = await dial(run, {
      to,
      from: isOutside ? (made.account.defaultNumber ?? record.from) : record.from,
      timeoutMs: ports.settings.ringTimeoutMs,
      record: false,
      onward: onwardOf(record),
      ...(made.callerName !== undefined && { callerName: made.callerName }),
    })
    return connected
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ports.log.info('operator of a box not called', { boxId: id, to, error: error.message })
    return false
  }
}
