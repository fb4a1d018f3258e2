import type { Static } from 'typebox'
import type { CallRecord } from '../../../core/call.ts'
import { Failure } from '../../../core/failures.ts'
import type { AccountId, CallId } from '../../../core/ids.ts'
import type { Services } from '../../services.ts'
import { readCallSound } from './action-schema.ts'
import type { transferSchema, updateCallSchema } from './call-schema.ts'

type Update = Static<typeof updateCallSchema>
type Transfer = Static<typeof transferSchema>

/** What goes with no other field, but for `hold_url` with `hold`. */
const lonely = [
  ...['hold', 'transfer', 'conference_id', 'muted', 'play', 'dtmf', 'recording'],
] as const satisfies (keyof Update)[]

/**
 * The live action that an update of a call asks for; undefined: none. Failures `invalid_request` for two of them, and
 * those of the action.
 */
export async function actOnCall(
  services: Services,
  account: AccountId,
  id: CallId,
  body: Update,
): Promise<CallRecord | undefined> {
  const { callCentre, actions } = services
  requireOne(body)
  const { hold, hold_url, transfer, muted, play, dtmf, recording } = body
  if (hold !== undefined) {
    return callCentre.holdCall(account, id, hold, ...(hold_url === undefined ? [] : [hold_url]))
  }
  if (transfer !== undefined) return transferCall(services, account, id, transfer)
  if (muted !== undefined) return actions.mute(account, id, 'says', muted)
  if (dtmf !== undefined) return actions.sendDigits(account, id, dtmf)
  if (recording !== undefined) {
    const { call } = await actions.record(account, id, { action: recording })
    return call
  }
  if (play === undefined) return undefined
  await actions.play(account, id, readCallSound(play))
  return callCentre.getCall(account, id)
}

function requireOne({ hold_url, ...body }: Update): void {
  if (hold_url !== undefined && body.hold !== true) {
    throw new Failure('invalid_request', 'hold_url goes with hold: true', 'hold_url')
  }
  const field = lonely.find((name) => body[name] !== undefined)
  if (field !== undefined && Object.keys(body).length > 1) {
    throw new Failure('invalid_request', `Give ${field} alone`, field)
  }
}

/** Failures `missing_parameter`, `invalid_request`, and those of transfers. */
export async function transferCall(
  { callCentre, actions }: Services,
  account: AccountId,
  id: CallId,
  { to, mode = 'blind', action }: Transfer,
): Promise<CallRecord> {
  if (action !== undefined) {
    if (to === undefined) return actions.endConsultation(account, id, action)
    throw new Failure('invalid_request', 'Give to or action, not both', 'action')
  }
  if (to === undefined) throw new Failure('missing_parameter', 'Give to, or action', 'to')
  if (mode === 'attended') return actions.consult(account, id, to)
  return callCentre.transferCall(account, id, { to, mode: mode === 'refer' ? 'refer' : 'bridge' })
}
