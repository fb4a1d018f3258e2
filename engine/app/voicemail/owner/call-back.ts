import { Failure } from '../../../core/failures.ts'
import { isE164 } from '../../../core/numbers.ts'
import type { VoicemailRecord } from '../../../core/ports/voicemail.ts'
import { dial } from '../../verbs/dial.ts'
import { choose, type Session, tell } from './session.ts'

/** Calls who left the message, once that is confirmed; afterwards the owner is in his box again. */
export async function callBack(session: Session, { from }: VoicemailRecord): Promise<void> {
  const { run } = session
  if (!(await isCallable(session, from))) return tell(session, session.words.noCallBack)
  if ((await choose(session, session.words.confirmCall, '1*')) !== '1') return
  const { call, ports } = run
  const { account } = call.made
  try {
    const { connected } = await dial(run, {
      to: from,
      from: isE164(from) ? (account.defaultNumber ?? call.record.from) : call.record.from,
      timeoutMs: ports.settings.ringTimeoutMs,
      record: false,
    })
    if (connected || run.signal.aborted) return
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    ports.log.info('not called back', { boxId: session.box.id, to: from, error: error.message })
  }
  await tell(session, session.words.notConnected)
}

/** A number, or a device of the account. */
async function isCallable({ run, box }: Session, from: string): Promise<boolean> {
  if (isE164(from)) return true
  const device = await run.ports.store.devices.byUsername(from)
  return device?.accountId === box.accountId
}
