import { describe, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { SipMessage } from '../../../engine/core/ports/trace.ts'
import { oldestOf } from '../../../engine/observe/oldest.ts'
import { SipTraceStore, sipCallIdOf } from '../../../engine/observe/sip-trace.ts'

const call = (name: string): CallId => name as CallId
const message = (firstLine: string, sipCallId: string, atMs = 0, body = ''): SipMessage => ({
  atMs,
  direction: 'out',
  protocol: 'udp',
  local: { address: '192.0.2.1', port: 5060 },
  remote: { address: '192.0.2.2', port: 5062 },
  raw: `${firstLine}\r\nCall-ID: ${sipCallId}\r\nCSeq: 1 INVITE\r\n\r\n${body}`,
})
const invite = (sipCallId: string, atMs = 0, body = '') =>
  message('INVITE sip:b@h SIP/2.0', sipCallId, atMs, body)
const firstLines = (store: SipTraceStore, name: string) =>
  store.ofCall(call(name))?.messages.map(({ raw }) => raw.split(' SIP', 1)[0])

describe('what a call has', () => {
  test('all of its dialogs in one order, whether they were claimed before or after', () => {
    const store = new SipTraceStore()
    store.record(invite('one', 5))
    store.claim(call('c'), 'one')
    store.claim(call('c'), 'two')
    store.record(message('SIP/2.0 503 No', 'one', 9))
    store.record(invite('two', 7))
    const traced = store.ofCall(call('c'))
    expect(traced?.messages.map(({ atMs, sipCallId }) => [atMs, sipCallId])).toEqual([
      [5, 'one'],
      [7, 'two'],
      [9, 'one'],
    ])
    expect(traced?.truncated).toBe(false)
    expect(store.ofCall(call('other'))).toBeUndefined()
  })

  test('nothing that no INVITE began', () => {
    const store = new SipTraceStore()
    store.record(message('REGISTER sip:h SIP/2.0', 'r'))
    store.record(message('SIP/2.0 200 OK', 'r'))
    store.record({ ...invite('x'), raw: 'INVITE sip:b@h SIP/2.0\r\n\r\n' })
    expect(store.bytes).toBe(0)
  })

  test('a dialog stays with whom claimed it first', () => {
    const store = new SipTraceStore()
    store.record(invite('same'))
    store.claim(call('first'), 'same')
    store.claim(call('second'), 'same')
    store.record(message('BYE sip:b@h SIP/2.0', 'same'))
    expect(firstLines(store, 'first')).toEqual(['INVITE sip:b@h', 'BYE sip:b@h'])
    expect(store.ofCall(call('second'))).toBeUndefined()
  })

  test('secrets are masked', () => {
    const store = new SipTraceStore()
    store.claim(call('c'), 'one')
    const header = 'Authorization: Digest username="1001", response="0123456789abcdef"'
    store.record(message(`INVITE sip:b@h SIP/2.0\r\n${header}`, 'one'))
    const raw = store.ofCall(call('c'))?.messages[0]?.raw
    expect(raw).toContain('username="1001", response="****************"')
    expect(raw).toHaveLength(message(`INVITE sip:b@h SIP/2.0\r\n${header}`, 'one').raw.length)
  })
})

test('the oldest of a map that changes all the time', () => {
  const map = new Map<string, number>()
  const oldest = oldestOf(map)
  const take = () => {
    const entry = oldest()
    if (entry) map.delete(entry[0])
    return entry?.[1]
  }
  expect(take()).toBeUndefined()
  map.set('a', 1).set('b', 2).set('c', 3)
  map.delete('b')
  expect([take(), take(), take()]).toEqual([1, 3, undefined])
  map.set('a', 4).set('d', 5)
  expect(take()).toBe(4)
  map.set('a', 6)
  expect([take(), take(), take(), take()]).toEqual([5, 6, undefined, undefined])
})

describe('bounds', () => {
  test('of a full dialog the beginning and the end are kept', () => {
    const store = new SipTraceStore({ messages: 4 })
    store.claim(call('c'), 'one')
    for (let n = 1; n <= 8; n++) store.record(invite('one', n))
    const traced = store.ofCall(call('c'))
    expect(traced?.messages.map(({ atMs }) => atMs)).toEqual([1, 2, 7, 8])
    expect(traced?.truncated).toBe(true)
  })

  test('by bytes too', () => {
    const store = new SipTraceStore({ bytes: 5000 })
    store.claim(call('c'), 'one')
    for (let n = 1; n <= 20; n++) store.record(invite('one', n, 'x'.repeat(1000)))
    const times = store.ofCall(call('c'))?.messages.map(({ atMs }) => atMs)
    expect(times?.[0]).toBe(1)
    expect(times?.at(-1)).toBe(20)
    expect(times?.length).toBeLessThan(5)
    expect(store.bytes).toBeLessThan(6000)
  })

  test('the oldest call goes first, but before any call what strangers sent', () => {
    const store = new SipTraceStore({ totalBytes: 10_000 })
    for (const name of ['a', 'b', 'c']) {
      store.claim(call(name), name)
      store.record(invite(name, 0, 'x'.repeat(1500)))
    }
    for (let n = 0; n < 1000; n++) store.record(invite(`stranger-${n}`, n, 'x'.repeat(300)))
    expect(store.callCount).toBe(3)
    expect(store.bytes).toBeLessThanOrEqual(10_000)
    for (const name of ['d', 'e', 'f']) {
      store.claim(call(name), name)
      store.record(invite(name, 0, 'x'.repeat(1500)))
    }
    expect(store.ofCall(call('a'))).toBeUndefined()
    expect(store.ofCall(call('f'))?.messages).toHaveLength(1)
    expect(store.bytes).toBeLessThanOrEqual(10_000)
    store.record(message('BYE sip:b@h SIP/2.0', 'a'))
    expect(store.ofCall(call('a'))).toBeUndefined()
  })

  test('calls without a message take room too', () => {
    const store = new SipTraceStore({ totalBytes: 10_000 })
    for (let n = 0; n < 1000; n++) store.claim(call(`c${n}`), `d${n}`)
    expect(store.callCount).toBeLessThan(30)
  })

  test('a call has so many dialogs at most', () => {
    const store = new SipTraceStore({ dialogs: 2 })
    for (const name of ['a', 'b', 'c']) {
      store.record(invite(name))
      store.claim(call('one'), name)
    }
    expect(store.ofCall(call('one'))).toMatchObject({ truncated: true })
    expect(store.ofCall(call('one'))?.messages).toHaveLength(2)
  })
})

test.each([
  ['\r\nCall-ID: a@b\r\n', 'a@b'],
  ['\r\ni:a\r\n', 'a'],
  ['\r\nCALL-ID \t:  a b  \r\n', 'a b'],
  ['\r\nCall-ID: \r\n', undefined],
  ['\r\nX: y\r\n', undefined],
  ['\r\ni: a\r\n\r\nINVITE sip:a SIP/2.0\r\nCall-ID: of-the-body\r\n', 'a'],
])('Call-ID of %j', (text, expected) => {
  expect(sipCallIdOf(`BYE sip:a SIP/2.0${text}`)).toBe(expected)
})
