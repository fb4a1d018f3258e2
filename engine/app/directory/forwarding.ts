import { Failure } from '../../core/failures.ts'
import { type ForwardingRules, forwardingKeys } from '../../core/forwarding.ts'
import type { AccountId } from '../../core/ids.ts'
import { isE164 } from '../../core/numbers.ts'
import type { DirectoryPorts } from './ports.ts'

const fields = {
  always: 'always',
  busy: 'busy',
  noAnswer: 'no_answer',
  unreachable: 'unreachable',
} as const

/**
 * Looks whether rules lead somewhere. `of`: whose they are, which they must not lead back to. Failure `invalid_request`:
 * no such box or device.
 */
export async function checkForwarding(
  { store }: Pick<DirectoryPorts, 'store'>,
  accountId: AccountId,
  rules: ForwardingRules,
  of: string,
): Promise<void> {
  for (const key of forwardingKeys) {
    const place = rules[key]
    if (place === undefined) continue
    const field = `forwarding.${fields[key]}`
    if (place.kind === 'voicemail') {
      if (place.box === 'own' || (await store.voicemailBoxes.get(accountId, place.box))) continue
      throw new Failure('invalid_request', `There is no voicemail box ${place.box}`, field)
    }
    if (place.to === of) throw new Failure('invalid_request', 'It can not lead to itself', field)
    if (isE164(place.to)) continue
    const device = await store.devices.byUsername(place.to)
    if (device?.accountId === accountId) continue
    throw new Failure('invalid_request', `No device is called ${place.to}`, field)
  }
}
