import type { CallRecord } from '../../core/call.ts'
import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import type { VoicemailVerb } from '../../core/verbs.ts'
import type { Ports } from '../ports.ts'
import type { Run } from '../program.ts'
import { leaveMessage } from './leave-message.ts'
import { boxFor, ownBox } from './own-box.ts'

/** How it went, in words of the application. */
export interface VoicemailDone {
  readonly voicemail_status: string
  readonly voicemail_box: string
  readonly voicemail_id?: string
  /** Seconds. */
  readonly voicemail_duration?: number
}

/** The verb: the caller leaves a message in a box of the account. Failure `not_found`. */
export async function voicemailVerb(run: Run, verb: VoicemailVerb): Promise<VoicemailDone> {
  const { call } = run
  const box = await boxOfVerb(run, verb)
  const { outcome, voicemailId, durationMs } = await leaveMessage(run, box, {
    ...{ greeting: verb.greeting ?? 'unavailable', reason: 'direct', to: calledBy(call.record) },
  })
  return {
    ...{ voicemail_status: outcome, voicemail_box: box.id },
    ...(voicemailId !== undefined && { voicemail_id: voicemailId }),
    ...(durationMs !== undefined && { voicemail_duration: Math.round(durationMs / 1_000) }),
  }
}

/** Of a call that we made, the person who was called leaves the message. */
const calledBy = ({ direction, from, to }: CallRecord): string =>
  direction === 'outbound' ? from : to

async function boxOfVerb({ call, ports }: Run, verb: VoicemailVerb) {
  const { accountId } = call.record
  if (verb.box !== undefined) return boxFor(ports, { accountId }, verb.box)
  return ownBox(ports, { accountId, device: await deviceOf(ports, accountId, verb) })
}

async function deviceOf(
  { store }: Pick<Ports, 'store'>,
  accountId: AccountId,
  { device: username = '' }: VoicemailVerb,
): Promise<DeviceRecord> {
  const device = await store.devices.byUsername(username)
  if (device?.accountId === accountId) return device
  throw new Failure('not_found', `no device is called ${username}`, 'verbs')
}

/** Before anybody is called for it. Failure `not_found`: there is no such box or device. */
export async function requireBox(
  ports: Pick<Ports, 'store'>,
  accountId: AccountId,
  verb: VoicemailVerb,
): Promise<void> {
  if (verb.box === undefined) await deviceOf(ports, accountId, verb)
  else if (!(await ports.store.voicemailBoxes.get(accountId, verb.box)))
    throw new Failure('not_found', `There is no voicemail box ${verb.box}`, 'verbs')
}
