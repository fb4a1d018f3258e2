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
  for (const code of ['connection-lost', 'microphone-busy', 'token-expired'])
    made[0]!.emit('error', failure(code) as never)
  expect(told.slice(1)).toEqual(['problem Error: microphone-busy', 'out Error: token-expired'])
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

test('an SDK that can not be fetched is fetched again, unless the user signed out meanwhile', async () => {
  let isAway = true
  const states: string[] = []
  const other = createPhone({
    loadDevice: async () => {
      states.push(isAway ? 'away' : 'there')
      if (isAway) throw new TypeError('Failed to fetch')
      return new FakeDevice()
    },
    refreshToken: async () => 't2',
    audio: () => ({}),
    onDevice: () => undefined,
    onProblem: () => undefined,
    onLockedOut: () => undefined,
    nowMs: () => 0,
    after: (ms, then) => later.push({ ms, then }),
  })
  const settled = () => new Promise((resolve) => setTimeout(resolve, 0))
  const started = other.start(session)
  await settled()
  expect(other.connection.value).toEqual({ at: 'lost', nextTryAtMs: 4000 })
  isAway = false
  later.shift()!.then()
  await started
  expect(other.connection.value).toEqual({ at: 'ready' })

  isAway = true
  const again = other.start(session)
  await settled()
  await other.stop()
  later.shift()!.then()
  await again
  expect(states).toEqual(['away', 'there', 'away'])
  expect(other.connection.value).toEqual({ at: 'off' })
})
