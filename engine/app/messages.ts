import { standingOf } from '../core/account-standing.ts'
import { Failure } from '../core/failures.ts'
import type { IncomingMessage } from '../core/ports/sip.ts'
import type { Account, DeviceRecord } from '../core/ports/store.ts'
import { tellAccount } from './account-log.ts'
import type { Ports } from './ports.ts'
import { requireOwned } from './route.ts'

/** What of a text is told in an event. */
const toldCharacters = 4096
/** As much as the SIP side takes. */
const maxBytes = 4096

type MessagePorts = Pick<Ports, 'store' | 'sip' | 'clock' | 'log' | 'settings'>

/**
 * A text of a device: goes to the device of its account that is meant, or that a number of the account
 * leads to. Resolves to the SIP status that the sender is told; 403 while nothing is done for the account.
 */
export async function receiveMessage(
  ports: MessagePorts,
  message: IncomingMessage,
): Promise<number> {
  const account = await ports.store.accounts.get(message.accountId)
  if (account && standingOf(account)) return 403
  const device = await receiverOf(ports, message.accountId, message.to)
  const sipStatus = device ? await deliver(ports, device, message) : 404
  const { from, to, contentType, bytes, text } = message
  const about = { from, to, contentType, bytes }
  if (sipStatus < 300) {
    tellAccount(ports, message.accountId, 'message.received', {
      ...about,
      text: text.slice(0, toldCharacters),
    })
  } else tellAccount(ports, message.accountId, 'message.failed', { ...about, sipStatus })
  return sipStatus
}

export interface NewMessage {
  /** A device's user name. */
  readonly to: string
  /** A number or device of the account; its default number when absent. */
  readonly from?: string
  readonly text: string
}

/**
 * Sends a text to a device and waits until its phone has it. Failures: `not_found`, `from_not_owned`,
 * `device_not_registered`, `invalid_request` (longer than 4096 bytes, or than UDP allows),
 * `callee_rejected`, `timed_out`.
 */
export async function sendMessage(
  ports: MessagePorts,
  account: Account,
  { to, from, text }: NewMessage,
): Promise<void> {
  if (from !== undefined) await requireOwned(ports, account, from)
  if (Buffer.byteLength(text) > maxBytes) {
    throw new Failure('invalid_request', `text is longer than ${maxBytes} bytes`, 'text')
  }
  const device = await receiverOf(ports, account.id, to)
  if (!device) throw new Failure('not_found', `no device is called ${to}`, 'to')
  const sender = from ?? account.defaultNumber ?? 'anonymous'
  const sipStatus = await deliver(ports, device, { from: sender, fromName: null, to, text })
  if (sipStatus < 300) return
  tellAccount(ports, account.id, 'message.failed', { from: sender, to, sipStatus })
  throw failureOf(sipStatus, to)
}

function failureOf(sipStatus: number, to: string): Failure {
  if (sipStatus === 480)
    return new Failure('device_not_registered', `${to} is not registered`, 'to')
  if (sipStatus === 408) return new Failure('timed_out', `the phone of ${to} does not answer`)
  if (sipStatus === 513) {
    return new Failure('invalid_request', `the phone of ${to} takes no text of that length`, 'text')
  }
  return new Failure('callee_rejected', `the phone of ${to} refused it with ${sipStatus}`)
}

async function receiverOf(
  { store }: MessagePorts,
  accountId: Account['id'],
  to: string,
): Promise<DeviceRecord | undefined> {
  const number = await store.numbers.byNumber(to)
  const username = number?.route.kind === 'device' ? number.route.username : to
  const device = await store.devices.byUsername(username)
  return device?.accountId === accountId ? device : undefined
}

async function deliver(
  { sip }: MessagePorts,
  device: DeviceRecord,
  { from, fromName, text }: Pick<IncomingMessage, 'from' | 'fromName' | 'to' | 'text'>,
): Promise<number> {
  if (sip.registeredContacts(device.id).length === 0) return 480
  const request = { from, fromName, to: device.username, text }
  return (await sip.message(device.id, request)).sipStatus
}
