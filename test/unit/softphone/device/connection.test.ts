/** How a Device keeps its registration, against a SIP server behind fake WebSockets. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FakeServer, newDevice, tokenOf } from './fake-server.ts'

let server: FakeServer
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  server = new FakeServer()
  server.good.add('first')
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.useRealTimers()
})

/** How a promise stands; what it was rejected with by its code. */
function seen(promise: Promise<unknown>): { now: string } {
  const it = { now: 'open' }
  promise.then(
    () => {
      it.now = 'done'
    },
    (error: { code?: string }) => {
      it.now = error.code ?? 'other'
    },
  )
  return it
}

const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms)

test('registers, and comes back by itself when the socket is lost', async () => {
  const { device, told } = newDevice()
  const registered = seen(device.register())
  await pass(100)
  expect(registered.now).toBe('done')
  server.drop()
  await pass(2000)
  expect(told).toEqual(['registered', 'reconnecting', 'registered'])
})

describe('refused credentials', () => {
  test('are not tried again', async () => {
    const { device, told } = newDevice({ token: tokenOf('wrong') })
    const registered = seen(device.register())
    await pass(600_000)
    expect([registered.now, device.state]).toEqual(['wrong-credentials', 'unregistered'])
    expect(server.guesses).toEqual(['wrong'])
    expect(told).toEqual(['wrong-credentials', 'unregistered'])
  })

  test('of a token that has run out say so, and a new token brings the registration back', async () => {
    const { device, told } = newDevice({ token: tokenOf('first', 60_000) })
    await Promise.all([device.register(), pass(100)])
    await pass(60_000)
    server.good.delete('first')
    await pass(200_000)
    expect(told).toEqual(['registered', 'reconnecting', 'token-expired', 'unregistered'])
    expect(server.guesses.filter((name) => name === 'first').length).toBeLessThan(5)
    server.good.add('second')
    device.updateToken(tokenOf('second'))
    await pass(100)
    expect(device.state).toBe('registered')
  })

  test('may be followed by others at once: from the error, and from the rejection', async () => {
    const { device } = newDevice({ token: tokenOf('wrong') })
    const rejected = device.register().catch(() => {
      device.updateToken(tokenOf('first'))
      return device.register()
    })
    const done = seen(rejected)
    await pass(3000)
    expect([done.now, device.state]).toEqual(['done', 'registered'])
    const other = newDevice({ token: tokenOf('wrong') })
    other.device.on('error', () => other.device.updateToken(tokenOf('first')))
    seen(other.device.register())
    await pass(3000)
    expect(other.device.state).toBe('registered')
  })

  test('are something else than being locked out for what others guessed', async () => {
    server.isShut = true
    const { device } = newDevice()
    const registered = seen(device.register())
    await pass(300_000)
    expect(registered.now).toBe('server-unreachable')
    server.isShut = false
    await pass(30_000)
    expect(device.state).toBe('registered')
  })

  test('that were replaced while they were on their way end nothing', async () => {
    const { device, told } = newDevice({ token: tokenOf('wrong') })
    seen(device.register())
    await pass(2)
    device.updateToken(tokenOf('first'))
    await pass(3000)
    expect(device.state).toBe('registered')
    expect(told).not.toContain('wrong-credentials')
  })
})

describe('register', () => {
  test('while a server that was away is waited for tries at once, and resolves when it is back', async () => {
    server.isThere = false
    const { device } = newDevice()
    const first = seen(device.register())
    await pass(20_000)
    expect([first.now, device.state]).toEqual(['server-unreachable', 'reconnecting'])
    server.isThere = true
    const again = seen(device.register())
    await pass(100)
    expect([again.now, device.state]).toEqual(['done', 'registered'])
  })

  test('again after the registration was lost and had again resolves', async () => {
    const { device } = newDevice()
    seen(device.register())
    await pass(100)
    server.drop()
    await pass(3000)
    const again = seen(device.register())
    await pass(1)
    expect(again.now).toBe('done')
  })

  test('right after unregister registers', async () => {
    const { device } = newDevice()
    seen(device.register())
    await pass(100)
    const gone = seen(device.unregister())
    const back = seen(device.register())
    await pass(5000)
    expect([gone.now, back.now, device.state]).toEqual(['done', 'done', 'registered'])
  })
})

describe('an end', () => {
  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('%i ms after register is one', async (ms) => {
    const { device, told } = newDevice()
    const registered = seen(device.register())
    await pass(ms)
    const ended = seen(device.destroy())
    await pass(10_000)
    expect([ended.now, device.state, server.sockets.size]).toEqual(['done', 'destroyed', 0])
    expect(registered.now).not.toBe('open')
    expect(told).not.toContain('server-unreachable')
    expect(vi.getTimerCount()).toBe(0)
  })

  test('unregisters, and leaves no timer', async () => {
    const { device } = newDevice()
    seen(device.register())
    await pass(100)
    expect(server.contacts).toBe(1)
    const ended = seen(device.destroy())
    await pass(10_000)
    expect([ended.now, server.contacts, vi.getTimerCount()]).toEqual(['done', 0, 0])
  })

  test('does not wait for a server that does not answer any more', async () => {
    const { device } = newDevice()
    seen(device.register())
    await pass(100)
    server.isDumb = true
    const ended = seen(device.destroy())
    await pass(5000)
    expect(ended.now).toBe('done')
  })

  test('between two tries is one', async () => {
    server.isThere = false
    const { device } = newDevice()
    seen(device.register())
    await pass(10_000)
    const ended = seen(device.destroy())
    await pass(5000)
    expect([ended.now, device.state]).toEqual(['done', 'destroyed'])
    expect(vi.getTimerCount()).toBe(0)
  })
})

describe('a clock that stood still', () => {
  test('of a page out of sight costs no connection', async () => {
    const { device, told } = newDevice()
    seen(device.register())
    await pass(100)
    const [socket] = server.sockets
    vi.setSystemTime(Date.now() + 60_000)
    await pass(10_000)
    expect([...server.sockets]).toEqual([socket])
    expect(told).toEqual(['registered'])
  })

  test('and a server that has gone meanwhile: begins anew', async () => {
    const { device } = newDevice()
    seen(device.register())
    await pass(100)
    const [socket] = server.sockets
    server.isDumb = true
    vi.setSystemTime(Date.now() + 60_000)
    await pass(4000)
    server.isDumb = false
    await pass(6000)
    expect(device.state).toBe('registered')
    expect(server.sockets.has(socket!)).toBe(false)
  })
})

test('a request that was not answered on a lost connection holds up nothing on the next', async () => {
  const { device } = newDevice({ registerExpiresS: 60 })
  seen(device.register())
  await pass(100)
  server.isDumb = true
  // The refresh is asked at 80 %.
  await pass(49_000)
  server.isDumb = false
  server.drop()
  await pass(2000)
  expect(device.state).toBe('registered')
})
