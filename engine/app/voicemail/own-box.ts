import { Failure } from '../../core/failures.ts'
import { type AccountId, type BoxId, boxIdOf } from '../../core/ids.ts'
import type { DeviceRecord, NumberRecord, Store } from '../../core/ports/store.ts'
import { plainBox, type VoicemailBox } from '../../core/ports/voicemail.ts'
import type { Ports } from '../ports.ts'

/** Whose box it is: the device goes first. */
export interface BoxOwner {
  readonly accountId: AccountId
  readonly device?: Pick<DeviceRecord, 'id' | 'name'>
  readonly number?: Pick<NumberRecord, 'id' | 'number'>
}

type OwnPorts = Pick<Ports, 'ids' | 'clock'> & { readonly store: Pick<Store, 'voicemailBoxes'> }

/** The box of a device or a number; undefined when it has none yet. */
export async function findOwnBox(
  { store }: Pick<OwnPorts, 'store'>,
  { device, number }: BoxOwner,
): Promise<VoicemailBox | undefined> {
  if (device) return store.voicemailBoxes.ofDevice(device.id)
  return number && store.voicemailBoxes.ofNumber(number.id)
}

/** The same; it is made with the defaults when it is first needed. */
export async function ownBox(ports: OwnPorts, owner: BoxOwner): Promise<VoicemailBox> {
  const found = await findOwnBox(ports, owner)
  if (found) return found
  const { device, number, accountId } = owner
  const box: VoicemailBox = {
    ...{ id: boxIdOf(ports.ids.uuid()), accountId, pinHash: null, greetings: {} },
    options: { ...plainBox, name: device?.name ?? number?.number ?? '' },
    devices: device ? [device.id] : [],
    numbers: device || !number ? [] : [number.id],
    createdAtMs: ports.clock.nowMs(),
  }
  try {
    await ports.store.voicemailBoxes.insert(box)
    return box
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    // Two callers at once: the other one has made it.
    const made = await findOwnBox(ports, owner)
    if (made) return made
    throw error
  }
}

/** A box of the account, or that of the owner. Failure `not_found`. */
export async function boxFor(
  ports: OwnPorts,
  owner: BoxOwner,
  wanted: BoxId | 'own',
): Promise<VoicemailBox> {
  if (wanted === 'own') return ownBox(ports, owner)
  const box = await ports.store.voicemailBoxes.get(owner.accountId, wanted)
  if (!box) throw new Failure('not_found', `There is no voicemail box ${wanted}`, 'box')
  return box
}
