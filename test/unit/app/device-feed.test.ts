/** What followers of a device are told, out of a real store's log. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { DeviceFeeds, type Follow } from '../../../engine/app/device-feed.ts'
import type { LoggedEvent } from '../../../engine/core/events.ts'
import type { AccountId, DeviceId } from '../../../engine/core/ids.ts'
import type { DeviceRecord, Store } from '../../../engine/core/ports/store.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { MemoryLog } from '../api/api-lab.ts'
import { accountId, call, event, memoryStore, uuid } from '../store/fixtures.ts'

let store: Store
let feeds: DeviceFeeds
let clock: VirtualClock
const device = (username: string): DeviceRecord => ({
  ...{ id: uuid(username) as DeviceId, accountId, username, name: username },
  ...{ ha1Md5: '', ha1Sha256: '', createdAtMs: 0 },
})
const [desk, hall] = [device('desk'), device('hall')]
beforeEach(async () => {
  store = await memoryStore()
  clock = new VirtualClock()
  feeds = new DeviceFeeds({ store, clock, log: new MemoryLog() })
})
afterEach(() => store.close())

/** What one is told; the log is read in the background, so `told` waits for what was written. */
async function follow(one: DeviceRecord, more: Partial<Follow> = {}) {
  const heard: string[] = []
  let ended = false
  const stop = await feeds.follow(
    { device: one, ...more },
    {
      tell: (news, sequence) => heard.push(`${news} ${sequence}`),
      end: () => {
        ended = true
      },
    },
  )
  const told = async () => {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
    return heard.splice(0)
  }
  return { told, stop, hasEnded: () => ended }
}
async function calls(one: DeviceRecord | null, name: string) {
  const made = call(name, { deviceId: one?.id ?? null, status: 'ringing' })
  await store.calls.commit(made, [event(made, 'call.ringing')])
}
const append = (type: 'device.registered' | 'voicemail.left', { id }: DeviceRecord) => {
  const data = type === 'voicemail.left' ? { deviceIds: [id] } : { deviceId: id }
  return store.events.append(accountId, [{ type, atMs: 1, data }])
}

test('its calls are its own; those of others are how its contacts are', async () => {
  const [at, other] = [await follow(desk), await follow(hall)]
  expect(await at.told()).toEqual(['ready 0'])
  expect(await other.told()).toEqual(['ready 0'])
  await calls(desk, 'a')
  expect([await at.told(), await other.told()]).toEqual([['calls 1'], ['contacts 1']])
  await calls(null, 'b')
  expect([await at.told(), await other.told()]).toEqual([[], []])
})

test('comings and goings are for the others, messages for their device alone', async () => {
  const [at, other] = [await follow(desk), await follow(hall)]
  for (const one of [at, other]) await one.told()
  await append('device.registered', desk)
  expect([await at.told(), await other.told()]).toEqual([[], ['contacts 1']])
  await append('voicemail.left', desk)
  expect([await at.told(), await other.told()]).toEqual([['voicemails 2'], []])
})

test('whoever comes back is told what he missed, in one word for each list', async () => {
  for (const name of ['a', 'b', 'c']) await calls(desk, name)
  await append('device.registered', hall)
  const told = async (after: number) => (await follow(desk, { after })).told()
  expect(await told(4)).toEqual(['ready 4'])
  expect(await told(3)).toEqual(['ready 4', 'contacts 4'])
  expect(await told(0)).toEqual(['ready 4', 'calls 4', 'contacts 4'])
  const all = ['ready 4', 'contacts 4', 'calls 4', 'voicemails 4']
  expect(await told(99)).toEqual(all)
})

test('it ends with its token, when its device goes, and with the engine, which says so', async () => {
  const token = await follow(desk, { untilMs: clock.nowMs() + 60_000 })
  const gone = await follow(hall)
  const last = await follow(desk)
  for (const one of [token, gone, last]) await one.told()
  await clock.advance(59_999)
  expect(token.hasEnded()).toBe(false)
  await clock.advance(1)
  expect([token.hasEnded(), gone.hasEnded()]).toEqual([true, false])
  feeds.forget(hall.id)
  expect([gone.hasEnded(), last.hasEnded(), feeds.size]).toEqual([true, false, 1])
  feeds.close()
  expect([await last.told(), last.hasEnded(), feeds.size]).toEqual([['restarting 0'], true, 0])
  expect(clock.pendingTimers).toBe(0)
})

test('who stopped is told nothing more; a device may have eight', async () => {
  const at = await follow(desk)
  await at.told()
  at.stop()
  await calls(desk, 'a')
  expect([await at.told(), feeds.size]).toEqual([[], 0])
  for (let i = 0; i < 8; i++) await follow(desk)
  await expect(follow(desk)).rejects.toMatchObject({ code: 'limit_reached' })
  await follow(hall)
  expect(feeds.size).toBe(9)
})

test('a store that fails keeps no place of a follower', async () => {
  const { events, calls: kept } = store
  const failing = { ...events, last: () => Promise.reject(new Error('disk')) }
  const broken = new DeviceFeeds({
    ...{ store: { events: failing, calls: kept }, clock, log: new MemoryLog() },
  })
  const follower = { tell: () => undefined, end: () => undefined }
  const untilMs = clock.nowMs() + 1000
  await expect(broken.follow({ device: desk, untilMs }, follower)).rejects.toThrow('disk')
  expect([broken.size, clock.pendingTimers]).toEqual([0, 0])
})

test('what is written at the very end of a look at the log is told too', async () => {
  let wake: () => void = () => undefined
  const log: LoggedEvent[] = []
  const write = (): void => {
    const data = { deviceIds: [desk.id] }
    const sequence = log.length + 1
    log.push({ type: 'voicemail.left', accountId, callId: null, atMs: 1, data, sequence })
    wake()
  }
  const events = {
    last: async () => 0,
    after: async (_account: AccountId, after: number) => log.slice(after),
    watch: (told: (account: AccountId) => void) => {
      wake = () => told(accountId)
      return () => undefined
    },
  }
  const watched = new DeviceFeeds({
    ...{ clock, log: new MemoryLog(), store: { calls: store.calls, events } },
  })
  const heard: string[] = []
  const tell = (news: string, sequence: number): void => {
    heard.push(`${news} ${sequence}`)
    if (sequence === 1) queueMicrotask(write)
  }
  await watched.follow({ device: desk }, { tell, end: () => undefined })
  write()
  for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve))
  expect(heard).toEqual(['ready 0', 'voicemails 1', 'voicemails 2'])
})
