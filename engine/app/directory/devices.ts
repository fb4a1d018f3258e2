import { type DeviceOptions, saidDeviceOptions } from '../../core/device-options.ts'
import { ha1Md5, ha1Sha256 } from '../../core/digest.ts'
import { Failure } from '../../core/failures.ts'
import { type AccountId, type DeviceId, isUuid } from '../../core/ids.ts'
import { isExtension } from '../../core/numbers.ts'
import type { DeviceRecord } from '../../core/ports/store.ts'
import { checkForwarding } from './forwarding.ts'
import type { DirectoryPorts } from './ports.ts'
import { isTrunkLogin } from './trunk-options.ts'

const minPasswordChars = 12
const maxDevices = 10_000

export interface NewDevice extends Partial<DeviceOptions> {
  readonly username: string
  /** For people; the user name when absent. */
  readonly name?: string
  /** Made for the device when absent. */
  readonly password?: string
}

/**
 * Creates a login for a phone. The password is returned here and never again. Failures:
 * `invalid_request` (user name, password, too many devices), `already_exists` (a trunk's login too).
 */
export async function createDevice(
  ports: DirectoryPorts,
  accountId: AccountId,
  wanted: NewDevice,
): Promise<{ device: DeviceRecord; password: string }> {
  const { username, name = username, password = ports.newPassword() } = wanted
  if (!isExtension(username)) {
    const allowed = '2 to 32 letters, digits, dots, dashes or underscores'
    throw new Failure('invalid_request', `username must be ${allowed}`, 'username')
  }
  checkPassword(password)
  if (await isTrunkLogin(ports, username)) {
    throw new Failure('already_exists', `a trunk logs in as ${username}`, 'username')
  }
  if (wanted.forwarding) await checkForwarding(ports, accountId, wanted.forwarding, username)
  if ((await ports.store.devices.count(accountId)) >= maxDevices) {
    throw new Failure('invalid_request', `There are ${maxDevices} devices already`)
  }
  const device: DeviceRecord = {
    ...hashesOf(ports, username, password),
    id: ports.ids.uuid() as DeviceId,
    accountId,
    username,
    name,
    createdAtMs: ports.clock.nowMs(),
    ...saidDeviceOptions(wanted),
  }
  await ports.store.devices.insert(device)
  return { device, password }
}

/** Phones type passwords in by hand and some know ASCII only; spaces at the ends get lost. */
function checkPassword(password: string): void {
  if (password.length >= minPasswordChars && /^[!-~]+( +[!-~]+)*$/.test(password)) return
  const text = `password must be at least ${minPasswordChars} printable ASCII characters`
  throw new Failure('invalid_request', text, 'password')
}

export async function listDevices(
  { store }: DirectoryPorts,
  accountId: AccountId,
): Promise<DeviceRecord[]> {
  return store.devices.list(accountId)
}

/** By its id or its user name. Failure `not_found`. */
export async function deviceNamed(
  ports: Pick<DirectoryPorts, 'store'>,
  accountId: AccountId,
  name: string,
): Promise<DeviceRecord> {
  const { devices } = ports.store
  const found = isUuid(name)
    ? await devices.get(accountId, name as DeviceId)
    : await devices.byUsername(name)
  if (found?.accountId !== accountId) throw new Failure('not_found', 'There is no such device')
  return found
}

/** Changes what is given, for calls that begin after that. Failures `not_found`, those of `checkForwarding`. */
export async function changeDevice(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  change: Partial<DeviceOptions>,
): Promise<DeviceRecord> {
  const device = await deviceNamed(ports, accountId, id)
  if (change.forwarding) {
    await checkForwarding(ports, accountId, change.forwarding, device.username)
  }
  const options = { ...saidDeviceOptions(device), ...saidDeviceOptions(change) }
  await ports.store.devices.setOptions(device.id, options)
  return { ...device, ...options }
}

/**
 * Gives a device another password, which is returned here and never again. It is registered nowhere any more:
 * whoever has the old one may be who it was changed for. Failures: `invalid_request`, `not_found`.
 */
export async function renewPassword(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
  password = ports.newPassword(),
): Promise<{ device: DeviceRecord; password: string }> {
  const device = await deviceNamed(ports, accountId, id)
  checkPassword(password)
  const hashes = hashesOf(ports, device.username, password)
  await ports.store.devices.setPassword(device.id, hashes)
  ports.forgetDevice(device.id, 'password')
  return { device: { ...device, ...hashes }, password }
}

const hashesOf = ({ realm }: DirectoryPorts, username: string, password: string) => ({
  ha1Md5: ha1Md5(username, realm, password),
  ha1Sha256: ha1Sha256(username, realm, password),
})

/** The device can't register any more; its registrations go with it. Failure `not_found`. */
export async function removeDevice(
  ports: DirectoryPorts,
  accountId: AccountId,
  id: string,
): Promise<void> {
  const device = await deviceNamed(ports, accountId, id)
  await ports.store.devices.remove(device.id)
  ports.forgetDevice(device.id, 'deleted')
}
