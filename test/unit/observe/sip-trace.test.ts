import { describe, expect, test } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import type { SipMessage } from '../../../engine/core/ports/trace.ts'
import { oldestOf } from '../../../engine/observe/oldest.ts'
import { SipTraceStore } from '../../../engine/observe/sip-trace.ts'
import { readTraced, sipCallIdOf } from '../../../engine/observe/traced-head.ts'

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
const ours = (sipCallId: string) => ({ sipCallId, tag: '', by: 'us' }) as const
const firstLines = (store: SipTraceStore, name: string) =>
  store.ofCall(call(name))?.messages.map(({ raw }) => raw.split(' SIP', 1)[0])

describe('what a call has', () => {
  test('all of its dialogs in one order, whether they were claimed before or after', () => {
    const store = new SipTraceStore()
    store.record(invite('one', 5))
    store.claim(call('c'), ours('one'))
    store.claim(call('c'), ours('two'))
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
    store.claim(call('first'), ours('same'))
    store.claim(call('second'), ours('same'))
    store.record(message('BYE sip:b@h SIP/2.0', 'same'))
    expect(firstLines(store, 'first')).toEqual(['INVITE sip:b@h', 'BYE sip:b@h'])
    expect(store.ofCall(call('second'))).toBeUndefined()
  })

  test('secrets are masked', () => {
    const store = new SipTraceStore()
    store.claim(call('c'), ours('one'))
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

/** A message from one tag to another; `way` is of the message, so responses have the tags of their requests. */
function tagged(firstLine: string, way: 'in' | 'out', fromTag: string, toTag = ''): SipMessage {
  const to = toTag === '' ? '' : `;tag=${toTag}`
  const tags = `From: <sip:a@h>;tag=${fromTag}\r\nTo: <sip:b@h>${to}`
  return { ...message(`${firstLine} SIP/2.0\r\n${tags}`, 'same'), direction: way }
}
const firstWords = (store: SipTraceStore, name: string) =>
  store.ofCall(call(name))?.messages.map(({ raw }) => raw.split('\r\n', 1)[0])

describe('calls with one Call-ID', () => {
  const theirs = (tag: string) => ({ sipCallId: 'same', tag, by: 'peer' }) as const

  test('of three callers: to each its own, requests of both sides, forks, and repetitions', () => {
    const store = new SipTraceStore()
    for (const caller of ['x', 'y', 'z']) {
      store.record(tagged(`INVITE sip:${caller}`, 'in', caller))
      store.claim(call(caller), theirs(caller))
    }
    for (const caller of ['z', 'x', 'y']) {
      store.record(tagged(`INVITE sip:${caller}`, 'in', caller))
      store.record(tagged(`SIP/2.0 180 first of ${caller}`, 'out', caller, `us1${caller}`))
      store.record(tagged(`SIP/2.0 200 second of ${caller}`, 'out', caller, `us2${caller}`))
      store.record(tagged(`ACK sip:${caller}`, 'in', caller, `us2${caller}`))
      store.record(tagged(`INFO sip:${caller}`, 'out', `us2${caller}`, caller))
      store.record(tagged(`SIP/2.0 200 info of ${caller}`, 'in', `us2${caller}`, caller))
      store.record(tagged(`INVITE sip:again-${caller}`, 'in', caller, `us2${caller}`))
      store.record(tagged(`BYE sip:${caller}`, 'out', `us2${caller}`, caller))
    }
    store.record(tagged('BYE sip:nobody', 'in', 'nobody', 'nobody'))
    for (const caller of ['x', 'y', 'z']) {
      const raws = firstWords(store, caller) ?? []
      expect(raws).toHaveLength(9)
      expect(raws.every((line) => line?.includes(caller))).toBe(true)
    }
  })

  test('what we send and what comes back to us as another call are two', () => {
    const store = new SipTraceStore()
    store.claim(call('ours'), { sipCallId: 'same', tag: 't', by: 'us' })
    store.record(tagged('INVITE sip:out', 'out', 't'))
    store.record(tagged('INVITE sip:back', 'in', 't'))
    store.claim(call('theirs'), theirs('t'))
    store.record(tagged('SIP/2.0 200 back', 'out', 't', 'u'))
    store.record(tagged('SIP/2.0 200 out', 'in', 't', 'u'))
    store.record(tagged('ACK sip:out', 'out', 't', 'u'))
    store.record(tagged('ACK sip:back', 'in', 't', 'u'))
    store.record(tagged('BYE sip:back', 'out', 'u', 't'))
    store.record(tagged('BYE sip:out', 'in', 'u', 't'))
    expect(firstWords(store, 'ours')?.map((line) => /out|back/.exec(line ?? '')?.[0])).toEqual(
      Array(4).fill('out'),
    )
    expect(firstWords(store, 'theirs')?.map((line) => /out|back/.exec(line ?? '')?.[0])).toEqual(
      Array(4).fill('back'),
    )
  })

  test('a BYE that a server tells as if it had come', () => {
    const store = new SipTraceStore()
    store.claim(call('ours'), { sipCallId: 'same', tag: 't', by: 'us' })
    store.record(tagged('INVITE sip:out', 'out', 't'))
    store.record(tagged('BYE sip:out', 'in', 't', 'u'))
    expect(firstWords(store, 'ours')).toHaveLength(2)
  })
})

test.each([
  ['From: <sip:a@h>;tag=1\r\nTo: <sip:b@h>;tag=2', '1', '2'],
  ['f:<sip:a@h>;x=y ; TAG = 1\r\nt: sip:b@h;tag=2', '1', '2'],
  ['From: ";tag=no" <sip:a@h;tag=no>;tag=1\r\nTo: <sip:b@h;tag=no>', '1', ''],
  ['From: "a"\r\n <sip:a@h>;tag=1\r\nTo: <sip:b@h>\r\n\t;tag=2', '1', '2'],
  ['To: <sip:b@h>', '', ''],
])('the tags of %j', (lines, fromTag, toTag) => {
  const raw = `BYE sip:a SIP/2.0\r\n${lines}\r\nCall-ID: c\r\n\r\nFrom: <sip:x>;tag=body`
  expect(readTraced(raw)).toEqual({ isRequest: true, sipCallId: 'c', fromTag, toTag })
})

describe('bounds', () => {
  test('of a full dialog the beginning and the end are kept', () => {
    const store = new SipTraceStore({ messages: 4 })
    store.claim(call('c'), ours('one'))
    for (let n = 1; n <= 8; n++) store.record(invite('one', n))
    const traced = store.ofCall(call('c'))
    expect(traced?.messages.map(({ atMs }) => atMs)).toEqual([1, 2, 7, 8])
    expect(traced?.truncated).toBe(true)
  })

  test('by bytes too', () => {
    const store = new SipTraceStore({ bytes: 5000 })
    store.claim(call('c'), ours('one'))
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
      store.claim(call(name), ours(name))
      store.record(invite(name, 0, 'x'.repeat(1500)))
    }
    for (let n = 0; n < 1000; n++) store.record(invite(`stranger-${n}`, n, 'x'.repeat(300)))
    expect(store.callCount).toBe(3)
    expect(store.bytes).toBeLessThanOrEqual(10_000)
    for (const name of ['d', 'e', 'f']) {
      store.claim(call(name), ours(name))
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
    for (let n = 0; n < 1000; n++) store.claim(call(`c${n}`), ours(`d${n}`))
    expect(store.callCount).toBeLessThan(30)
  })

  test('a call has so many dialogs at most', () => {
    const store = new SipTraceStore({ dialogs: 2 })
    for (const name of ['a', 'b', 'c']) {
      store.record(invite(name))
      store.claim(call('one'), ours(name))
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
