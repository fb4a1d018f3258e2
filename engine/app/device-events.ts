import type { AccountEventType } from '../core/events.ts'
import type { DeviceEvents, RegistrationRecord } from '../core/ports/registrations.ts'
import { tellAccount, tellOperator } from './account-log.ts'
import type { Ports } from './ports.ts'

/** What the registrar tells, in the log of the account whose device it is about. */
export function deviceEvents(ports: Pick<Ports, 'store' | 'clock' | 'log'>): DeviceEvents {
  return {
    deviceRegistered: (registration, previousSource) =>
      tellAccount(ports, registration.accountId, 'device.registered', {
        ...whereOf(registration),
        previousSource,
      }),
    deviceUnregistered: (registration, reason) =>
      tellAccount(ports, registration.accountId, 'device.unregistered', {
        ...whereOf(registration),
        reason,
      }),
    addressLocked: ({ address, username, scope, untilMs }) => {
      const type: AccountEventType = 'device.locked'
      const data = { address, username, scope, until: new Date(untilMs).toISOString() }
      ports.store.devices.byUsername(username).then(
        (device) => {
          if (device) tellAccount(ports, device.accountId, type, data)
          else tellOperator(ports, type, data)
        },
        (error: unknown) => ports.log.error('event not stored', { type, error: String(error) }),
      )
    },
  }
}

const whereOf = ({ deviceId, username, contact, source, userAgent }: RegistrationRecord) => ({
  ...{ deviceId, username, contact, source },
  transport: source.split('/')[0],
  userAgent,
})
