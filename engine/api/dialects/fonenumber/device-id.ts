import { Failure } from '../../../core/failures.ts'
import type { DeviceId } from '../../../core/ids.ts'
import type { DeviceRecord } from '../../../core/ports/store.ts'

const least = 100_000_000_000n
const howMany = 900_000_000_000n

/** The 12 digits by which this API calls a device: what its UUID leaves when divided, never with a 0 in front. */
export const renderDeviceId = (id: DeviceId): string =>
  String((BigInt(`0x${id.replaceAll('-', '')}`) % howMany) + least)

/**
 * The device with such an id. Failure `not_found`; `already_exists` when two devices of the account share
 * the id, which then means neither of them.
 */
export function deviceBy(
  id: string,
  devices: readonly DeviceRecord[],
  field: string,
): DeviceRecord {
  const wanted = id.trim()
  const [device, other] = devices.filter((one) => renderDeviceId(one.id) === wanted)
  if (device === undefined) throw new Failure('not_found', 'There is no such device', field)
  if (other === undefined) return device
  const names = `${device.username} and ${other.username}`
  throw new Failure(
    'already_exists',
    `The devices ${names} share this id; delete one of them and make it again`,
    field,
  )
}
