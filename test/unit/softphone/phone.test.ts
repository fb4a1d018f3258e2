import { beforeEach, expect, test } from 'vitest'
import { createPhone, type Phone } from '../../../softphone/app/store/phone.ts'
import type { DeviceOptions } from '../../../softphone/device/types.ts'
import { FakeDevice } from './fake-device.ts'

const session = { token: 't1', expiresAtMs: 9e12, username: '1001', displayName: 'Desk' }
const failure = (code: string) => Object.assign(new Error(code), { code })

let made: FakeDevice[]
let options: DeviceOptions[]
let told: string[]
let later: { ms: number; then: () => void }[]
let failing: Error | undefined
let phone: Phone

beforeEach(() => {
  made = []
  options = []
  told = []
  later = []
  failing = undefined
  phone = createPhone({
    async loadDevice(given) {
      const device = new FakeDevice()
      device.failure = failing
      options.push(given)
      made.push(device)
      return device
    },
    refreshToken: async () => 't2',
    audio: () => ({ echoCancellation: false }),
    onDevice: (device) => told.push(device === undefined ? 'no device' : 'a device'),
    onProblem: (error) => told.push(`problem ${String(error)}`),
    onLockedOut: (error) => told.push(`out ${String(error)}`),
    nowMs: () => 1000,
    after: (ms, then) => later.push({ ms, then }),
  })
})

test('a session makes a device that registers', async () => {
  await phone.start(session)
  expect(options[0]).toMatchObject({ token: 't1', audio: { echoCancellation: false } })
  expect(await options[0]?.refreshToken?.()).toBe('t2')
  expect(phone.connection.value).toEqual({ at: 'ready' })
  expect(told).toEqual(['a device'])
})

test('a server that is away is tried again, and the page knows when', async () => {
  failing = failure('server-unreachable')
  await phone.start(session)
  expect(phone.connection.value).toEqual({ at: 'lost', nextTryAtMs: 5000 })
  made[0]!.failure = undefined
  later[0]!.then()
  await Promise.resolve()
  expect(made[0]!.asked).toEqual(['register', 'register'])
  expect(phone.connection.value).toEqual({ at: 'ready' })
})

test('the SDK says when it tries again', async () => {
  await phone.start(session)
  made[0]!.emit('reconnecting', 8000)
  expect(phone.connection.value).toEqual({ at: 'lost', nextTryAtMs: 9000 })
  made[0]!.state = 'registering'
  made[0]!.emit('registering')
  expect(phone.connection.value.at).toBe('lost')
  made[0]!.emit('registered')
  expect(phone.connection.value).toEqual({ at: 'ready' })
})

test('a login that counts no more is told apart from other problems', async () => {
  await phone.start(session)
  made[0]!.emit('error', failure('connection-lost') as never)
  made[0]!.emit('error', failure('token-expired') as never)
  expect(told.slice(1)).toEqual(['problem Error: connection-lost', 'out Error: token-expired'])
})

test('another start ends the device before', async () => {
  await phone.start(session)
  await phone.start(session)
  expect(made[0]!.asked).toEqual(['register', 'destroy'])
  made[0]!.emit('reconnecting', 8000)
  expect(phone.connection.value).toEqual({ at: 'ready' })
})

test('a phone that retires unregisters at once and ends its calls only later', async () => {
  await phone.start(session)
  await phone.retire()
  expect(made[0]!.asked).toEqual(['register', 'unregister'])
  expect(phone.connection.value).toEqual({ at: 'off' })
  later[0]!.then()
  expect(made[0]!.asked.at(-1)).toBe('destroy')
})

test('a retired device does not take the calls of the one that came after', async () => {
  await phone.start(session)
  await phone.retire()
  await phone.start(session)
  told.length = 0
  later[0]!.then()
  expect(made[0]!.asked.at(-1)).toBe('destroy')
  expect(told).toEqual([])
})
