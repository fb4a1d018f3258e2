/** Calls of a Device that meet with something: microphones, lost connections, others who are faster. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { Call } from '../../../../softphone/device/call.ts'
import type { Device } from '../../../../softphone/device/device.ts'
import type { CallEnd, CallLike } from '../../../../softphone/device/types.ts'
import { FakeMedia } from './fake-media.ts'
import { type Asked, FakeServer, newDevice, sdp } from './fake-server.ts'

let server: FakeServer
let media: FakeMedia
let device: Device
const incoming: CallLike[] = []
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)
const contact = ['Contact: <sip:engine@here>']

beforeEach(async () => {
  vi.useFakeTimers({ now: 1_000_000 })
  server = new FakeServer()
  media = new FakeMedia()
  server.good.add('first')
  server.onRequest = (asked) => {
    if (asked.method === 'INVITE') server.answer(asked, '200 OK', contact, sdp)
    else if (asked.method !== 'ACK') server.answer(asked, '200 OK')
  }
  device = newDevice().device
  incoming.length = 0
  device.on('incoming', (call) => incoming.push(call))
  await Promise.all([device.register(), pass(100)])
})
afterEach(async () => {
  const destroyed = device.destroy()
  await pass(5000)
  await destroyed
  // What sip.js still waits for.
  await pass(130_000)
  // Nothing stays open, whatever happened.
  expect([media.open, media.connections, vi.getTimerCount()]).toEqual([0, 0, 0])
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'done',
    (error: { code?: string }) => error.code ?? String(error),
  )

function endOf(call: CallLike): { now: CallEnd | undefined } {
  const seen: { now: CallEnd | undefined } = { now: undefined }
  call.on('disconnect', (end) => {
    seen.now = end
  })
  return seen
}

async function connected(): Promise<Call> {
  const [call] = await Promise.all([device.connect({ to: '1002' }), pass(500)])
  return call
}

async function rings(): Promise<CallLike> {
  server.ask('INVITE')
  await pass(10)
  const call = incoming.at(-1)
  if (!call) throw new Error('nobody calls')
  return call
}

function refuse(name: string): void {
  media.permission = Promise.reject(Object.assign(new Error(), { name }))
  media.permission.catch(() => undefined)
}

const methods = () => server.asked.map(({ method }) => method).filter((name) => name !== 'REGISTER')

test('a call is made, held and ended', async () => {
  const call = await connected()
  expect(call.state).toBe('open')
  await Promise.all([call.hold(true), pass(500)])
  expect(call.held).toBe(true)
  const end = endOf(call)
  await call.hangup()
  await pass(10)
  expect(end.now).toMatchObject({ by: 'local' })
  expect(methods().at(-1)).toBe('BYE')
})

test('the last of two holds counts', async () => {
  const call = await connected()
  const both = [call.hold(true), call.hold(false)]
  await pass(1000)
  await Promise.all(both)
  expect(call.held).toBe(false)
})

test('a hold that the end overtakes is refused', async () => {
  const call = await connected()
  server.isDumb = true
  const held = codeOf(call.hold(true))
  await pass(100)
  await call.hangup()
  await pass(10)
  expect(await held).toBe('call-failed')
})

describe('without a microphone', () => {
  test('no call is made', async () => {
    refuse('NotAllowedError')
    expect(await codeOf(device.connect({ to: '1002' }))).toBe('microphone-denied')
    expect([methods(), device.calls]).toEqual([[], []])
  })

  test('none is accepted, and it rings on', async () => {
    const call = await rings()
    refuse('NotFoundError')
    expect(await codeOf(call.accept())).toBe('microphone-missing')
    expect(call.state).toBe('pending')
  })
})

describe('while the microphone is asked for', () => {
  let allow: () => void
  beforeEach(() => {
    const asked = Promise.withResolvers<void>()
    media.permission = asked.promise
    allow = asked.resolve
  })

  test('the caller may give up', async () => {
    const call = await rings()
    const accepted = codeOf(call.accept())
    server.ask('CANCEL')
    await pass(10)
    allow()
    expect(await accepted).toBe('invalid-state')
    expect(call.state).toBe('closed')
  })

  test('accepting twice is accepting once', async () => {
    const call = await rings()
    const both = [codeOf(call.accept()), codeOf(call.accept())]
    allow()
    await pass(500)
    expect(await Promise.all(both)).toEqual(['done', 'done'])
    expect(media.open).toBe(2)
  })

  test('the connection may be lost: nothing is sent', async () => {
    const made = codeOf(device.connect({ to: '1002' }))
    server.isThere = false
    server.drop()
    await pass(100)
    allow()
    expect(await made).toBe('connection-lost')
    expect(methods()).toEqual([])
  })

  test('the Device may be destroyed', async () => {
    const made = codeOf(device.connect({ to: '1002' }))
    const destroyed = device.destroy()
    await pass(5000)
    await destroyed
    allow()
    expect(await made).toBe('connection-lost')
  })
})

describe('a connection that is lost', () => {
  test('ends what rings here', async () => {
    const call = await rings()
    const end = endOf(call)
    server.drop()
    await pass(5000)
    expect(end.now).toMatchObject({ by: 'failure' })
    expect(device.calls).toEqual([])
  })

  test('ends what rings there', async () => {
    server.onRequest = (asked: Asked) => {
      if (asked.method === 'INVITE') server.answer(asked, '180 Ringing', contact)
    }
    const call = await connected()
    expect(call.state).toBe('ringing')
    const end = endOf(call)
    server.drop()
    await pass(5000)
    expect(end.now).toMatchObject({ by: 'failure' })
  })

  test('ends no call that is up', async () => {
    const call = await connected()
    server.drop()
    await pass(6000)
    expect(call.state).toBe('open')
    expect(methods().filter((name) => name === 'INVITE')).toHaveLength(2)
  })
})

test('a call that is given up ends here although nobody confirms that', async () => {
  server.onRequest = (asked) => {
    if (asked.method === 'INVITE') server.answer(asked, '180 Ringing', contact)
  }
  const call = await connected()
  const end = endOf(call)
  server.isDumb = true
  await Promise.all([call.hangup(), pass(3000)])
  expect(end.now).toMatchObject({ by: 'local' })
  expect([call.state, media.open]).toEqual(['closed', 0])
})

test('only a call that is up can be the other one of a transfer', async () => {
  const call = await connected()
  const other = await rings()
  expect(await codeOf(call.transfer(other))).toBe('invalid-argument')
})

test('keys wait for a way that is still being opened, but not for ever', async () => {
  const call = await connected()
  media.isOpen = false
  const pressed = codeOf(call.sendDigits('1'))
  await pass(500)
  expect(media.pressed).toEqual([])
  media.isOpen = true
  await pass(500)
  expect([await pressed, media.pressed]).toEqual(['done', ['1']])
  media.keypad.canInsertDTMF = false
  const refused = codeOf(call.sendDigits('2'))
  await pass(3000)
  expect(await refused).toBe('call-failed')
})

test('keys that are pressed when the call ends are no fault', async () => {
  const call = await connected()
  const pressed = codeOf(call.sendDigits('1,,2'))
  await pass(200)
  await call.hangup()
  await pass(3000)
  expect(await pressed).toBe('done')
})
