import { Failure } from '../../core/failures.ts'
import type { AccountId } from '../../core/ids.ts'
import { isE164 } from '../../core/numbers.ts'
import type { SpeedDialRecord, SpeedDialTarget } from '../../core/ports/store.ts'
import type { DirectoryPorts } from './ports.ts'

const maxSpeedDials = 10_000
const maxLabelChars = 100

type Fields = Pick<SpeedDialRecord, 'label' | 'target'>

/**
 * Gives a number or a device a short number. Failures: `invalid_request` (code, label, too many),
 * `invalid_phone_number`, `not_found` (device), `already_exists`.
 */
export async function createSpeedDial(
  ports: DirectoryPorts,
  accountId: AccountId,
  { code, label, target }: Fields & { readonly code: string },
): Promise<SpeedDialRecord> {
  if (!/^\d{1,6}$/.test(code)) {
    throw new Failure('invalid_request', 'A speed dial must be 1 to 6 digits', 'speed_dial')
  }
  await check(ports, accountId, { label, target })
  if ((await ports.store.speedDials.list(accountId)).length >= maxSpeedDials) {
    throw new Failure('invalid_request', `There are ${maxSpeedDials} speed dials already`)
  }
  const speedDial = { accountId, code, label, target, createdAtMs: ports.clock.nowMs() }
  await ports.store.speedDials.insert(speedDial)
  return speedDial
}

export async function listSpeedDials(
  { store }: DirectoryPorts,
  accountId: AccountId,
): Promise<SpeedDialRecord[]> {
  return store.speedDials.list(accountId)
}

/** Failure `not_found`. */
export async function getSpeedDial(
  { store }: DirectoryPorts,
  accountId: AccountId,
  code: string,
): Promise<SpeedDialRecord> {
  const found = await store.speedDials.get(accountId, code)
  if (!found) throw new Failure('not_found', 'There is no such speed dial', 'speed_dial')
  return found
}

/** Changes the given fields. Failures as above and `not_found`. */
export async function updateSpeedDial(
  ports: DirectoryPorts,
  accountId: AccountId,
  code: string,
  changes: Partial<Fields>,
): Promise<SpeedDialRecord> {
  const changed = { ...(await getSpeedDial(ports, accountId, code)), ...changes }
  await check(ports, accountId, changes)
  await ports.store.speedDials.update(changed)
  return changed
}

/** Returns what it was. Failure `not_found`. */
export async function removeSpeedDial(
  ports: DirectoryPorts,
  accountId: AccountId,
  code: string,
): Promise<SpeedDialRecord> {
  const speedDial = await getSpeedDial(ports, accountId, code)
  await ports.store.speedDials.remove(accountId, code)
  return speedDial
}

/**
 * Whom a speed dial calls: E.164 or a device's name. Failure `not_found` of a call's `to`, also when its device
 * was deleted.
 */
export async function destinationOf(
  ports: DirectoryPorts,
  accountId: AccountId,
  code: string,
): Promise<string> {
  const found = await ports.store.speedDials.get(accountId, code)
  if (!found) throw new Failure('not_found', `There is no speed dial ${code}`, 'to')
  const { target } = found
  if (target.kind === 'number') return target.number
  const device = await ports.store.devices.get(accountId, target.deviceId)
  if (device) return device.username
  throw new Failure('not_found', `The device behind speed dial ${code} is gone`, 'to')
}

async function check(
  { store }: DirectoryPorts,
  accountId: AccountId,
  { label = '', target }: Partial<Fields>,
): Promise<void> {
  if ([...label].length > maxLabelChars) {
    const text = `label must not exceed ${maxLabelChars} characters`
    throw new Failure('invalid_request', text, 'label')
  }
  if (target) await checkTarget(store, accountId, target)
}

async function checkTarget(
  { devices }: DirectoryPorts['store'],
  accountId: AccountId,
  target: SpeedDialTarget,
): Promise<void> {
  if (target.kind === 'number') {
    if (isE164(target.number)) return
    throw new Failure('invalid_phone_number', 'A number must be in E.164 format (+61...)')
  }
  if (await devices.get(accountId, target.deviceId)) return
  throw new Failure('not_found', 'There is no such device')
}
