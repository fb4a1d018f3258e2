import { describe, expect, test, vi } from 'vitest'
import type { Session } from '../../../softphone/app/api/shapes.ts'
import { named } from '../../../softphone/app/store/audio.ts'
import {
  elsewhereOf,
  hadHere,
  noteCalls,
  notedCalls,
} from '../../../softphone/app/store/elsewhere.ts'
import { pauseAfter } from '../../../softphone/app/store/feed.ts'
import { createList } from '../../../softphone/app/store/list.ts'
import { createNotices } from '../../../softphone/app/store/notices.ts'
import { createSession, readKept } from '../../../softphone/app/store/session.ts'
import { createSettings, readSettings } from '../../../softphone/app/store/settings.ts'
import { viewOfHash } from '../../../softphone/app/store/view.ts'
import { EngineProblem } from '../../../softphone/app/words/problem.ts'

function storage(kept: Record<string, string> = {}) {
  const map = new Map(Object.entries(kept))
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
    map,
  }
}

const session: Session = { token: 't', expiresAtMs: 100_000, username: '1001', displayName: 'Desk' }

describe('session', () => {
  const engine = {
    signIn: async (_: string, password: string) => {
      if (password !== 'right') throw new EngineProblem('wrong-credentials', '')
      return session
    },
    renew: async () => ({ ...session, token: 't2' }),
  }

  test('keeps the token for the tab, and never the password', async () => {
    const tab = storage()
    const store = createSession(engine, tab, () => 0)
    await store.signIn('1001', 'right')
    expect(store.state.value).toMatchObject({ at: 'in', isRestored: false })
    expect([...tab.map.values()].join()).not.toContain('right')
    expect(createSession(engine, tab, () => 0).state.value).toMatchObject({ isRestored: true })
  })

  test('a wrong password leaves nobody signed in, with the reason', async () => {
    const store = createSession(engine, storage(), () => 0)
    await store.signIn('1001', 'wrong')
    expect(store.state.value).toMatchObject({ at: 'out', problem: { kind: 'wrong-credentials' } })
  })

  test('another token takes the place of the old one', async () => {
    const tab = storage()
    const store = createSession(engine, tab, () => 0)
    await store.signIn('1001', 'right')
    expect((await store.renew()).token).toBe('t2')
    expect(tab.map.get('ringdown.session')).toContain('t2')
  })

  test('signing out leaves nothing behind', async () => {
    const tab = storage()
    const store = createSession(engine, tab, () => 0)
    await store.signIn('1001', 'right')
    store.signOut()
    expect(tab.map.size).toBe(0)
  })

  test.each([
    ['nothing', null],
    ['no JSON', '{'],
    ['half a session', '{"token":"t"}'],
    ['one that is over', JSON.stringify({ ...session, expiresAtMs: 6000 })],
  ])('%s is not taken up again', (_, text) => {
    expect(readKept(text, 5000)).toBeUndefined()
  })
})

describe('settings', () => {
  test('a field that is wrong gets its default and spoils no other', () => {
    const read = readSettings(
      '{"theme":"pink","ringVolume":7,"callVolume":0.5,"keyTones":"no","microphoneId":"m"}',
    )
    expect(read).toMatchObject({ theme: 'auto', ringVolume: 0.8, callVolume: 0.5 })
    expect(read).toMatchObject({ keyTones: true, microphoneId: 'm' })
    expect(readSettings('nonsense').theme).toBe('auto')
  })

  test('changes are kept', () => {
    const browser = storage()
    createSettings(browser).change({ theme: 'dark' })
    expect(createSettings(browser).now.value.theme).toBe('dark')
  })
})

describe('lists', () => {
  test('rows stay while they are asked for again, and when that fails', async () => {
    const answers: (() => Promise<readonly number[]>)[] = [
      async () => [1],
      async () => {
        throw new Error('away')
      },
    ]
    const list = createList(() => answers.shift()?.() ?? Promise.resolve([2]))
    await list.load()
    expect(list.now.value).toMatchObject({ rows: [1], state: 'loaded' })
    await list.load()
    expect(list.now.value).toMatchObject({ rows: [1], state: 'failed' })
    await list.load()
    expect(list.now.value).toMatchObject({ rows: [2], state: 'loaded' })
  })

  test('asked for often at once, the engine is asked twice', async () => {
    const ask = vi.fn(async () => [1])
    const list = createList(ask)
    await Promise.all([list.load(), list.load(), list.load()])
    expect(ask).toHaveBeenCalledTimes(2)
  })
})

describe('calls elsewhere', () => {
  const call = (sipCallId: string | null, isUp = true) => ({
    ...{ id: `row ${sipCallId}`, direction: 'incoming', party: '1002', partyName: undefined },
    ...{ outcome: 'live', isUp, startedAt: new Date(0), durationS: null, sipCallId },
  })
  const calls = [call('a'), call('b'), call('c', false), call(null)] as const

  test('are those that are up and not in this tab', () => {
    const ids = elsewhereOf(calls as never, [{ id: 'a;from-tag' }]).map(({ id }) => id)
    expect(ids).toEqual(['row b'])
  })

  test('those that this tab had before a reload are known again', () => {
    const tab = storage()
    noteCalls(tab, [{ id: 'b;from-tag' }])
    expect(hadHere(calls as never, notedCalls(tab)).map(({ id }) => id)).toEqual(['row b'])
    noteCalls(tab, [])
    expect(notedCalls(tab)).toEqual([])
    expect(notedCalls(storage({ 'ringdown.calls': '{' }))).toEqual([])
  })
})

test('devices without a name get one, and those that only stand for others are left out', () => {
  const device = (deviceId: string, label: string) => ({
    ...{ kind: 'audioinput' as const, deviceId, label },
  })
  const all = [device('default', 'x'), device('a', ''), device('b', 'Headset'), device('', '')]
  expect(named(all, 'audioinput', 'Microphone')).toEqual([
    ...[
      { id: 'a', name: 'Microphone 1' },
      { id: 'b', name: 'Headset' },
    ],
  ])
  expect(named(all, 'audiooutput', 'Speaker')).toEqual([])
})

test('the same problem twice is shown once, and no more than three at a time', () => {
  vi.useFakeTimers()
  const notices = createNotices()
  for (const title of ['a', 'b', 'b', 'c', 'd']) notices.news(title)
  expect(notices.shown.value.map(({ title }) => title)).toEqual(['b', 'c', 'd'])
  vi.runAllTimers()
  expect(notices.shown.value).toEqual([])
  vi.useRealTimers()
})

test('an address that names no view shows the keypad', () => {
  expect(['#/recents', '#/nothing', ''].map(viewOfHash)).toEqual(['recents', 'keypad', 'keypad'])
})

test('the feed waits longer each time, half a minute at most', () => {
  expect([1, 2, 3, 99].map(pauseAfter)).toEqual([1000, 2000, 4000, 30_000])
})
