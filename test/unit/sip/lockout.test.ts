/** Whoever knows the password is let in, whatever others do in his name or beside him. */
import { beforeEach, describe, expect, test } from 'vitest'
import { BanList } from '../../../engine/sip/auth/bans.ts'
import { settle } from '../../support/virtual-clock.ts'
import { type Answer, authorization, Bench, device, nonceOf, quietLog } from './support/recorder.ts'
import { bareRegister, challenged, register } from './support/registering.ts'

const office = '198.51.100.1'
const phone = { address: office, port: 40_000 }
const neighbour = { address: office, port: 50_000 }
const contact = { contact: '<sip:a@192.168.0.7>' }

let bench: Bench
beforeEach(() => {
  bench = new Bench()
  bench.devices.set('alice', device('alice', 'right'))
})

async function send(nonce: string, answer: Answer, more: object) {
  const { username = 'alice' } = answer
  const request = bench.receive(
    bareRegister(username, { ...contact, authorization: authorization(nonce, answer) }, more),
  )
  await settle()
  return request
}

/** Wrong passwords, each for a challenge that was received. */
async function guess(times: number, more: object = neighbour): Promise<void> {
  for (let i = 0; i < times; i++) await register(bench, contact, { password: `x${i}` }, more)
}
const status = async (answer: Answer = {}, more: object = phone) =>
  (await register(bench, contact, answer, more)).status

describe('digests that anybody may have sent in the name of an address', () => {
  test('lock nobody out there, neither a name nor many', async () => {
    for (let i = 0; i < 200; i++) {
      const username = i % 2 === 0 ? 'alice' : `u${i}`
      expect((await send('made.up', { username, password: 'x' }, neighbour)).status).toBe(401)
    }
    expect(await status()).toBe(200)
    expect(bench.sip.counts()).toMatchObject({ digestsFailed: expect.any(Number), lockouts: 0 })
  })

  test('do not tell which password is right, once there were too many', async () => {
    for (let i = 0; i < 20; i++) await send('made.up', { password: 'x' }, neighbour)
    const right = await send('made.up', {}, neighbour)
    expect(right.status).toBe(401)
    expect(right.responses[0]?.headers?.['WWW-Authenticate']).not.toContain('stale')
  })

  test('are also those with a nonce from long ago, when the address was another’s', async () => {
    const nonce = nonceOf(await challenged(bench, 'alice', phone))
    await bench.clock.advance(300_001)
    for (let i = 0; i < 25; i++) await send(nonce, { password: 'x' }, phone)
    expect(await status()).toBe(200)
  })
})

describe('a neighbour who guesses the password of a phone that is there', () => {
  test('does not lock it out, only himself', async () => {
    expect(await status()).toBe(200)
    await guess(20)
    expect(bench.registrar.at(-1)).toBe(`locked user ${office} alice 300`)
    expect(await status()).toBe(200)
    await guess(1)
    expect(await status({ password: 'x' }, neighbour)).toBe(503)
    expect(await status()).toBe(200)
  })

  test('has few turns left, and so has the phone at another port', async () => {
    expect(await status()).toBe(200)
    await guess(20)
    const moved = { ...phone, port: 40_001 }
    expect(await status({ password: 'x' }, neighbour)).toBe(401)
    expect(await status({}, moved)).toBe(503)
    await bench.clock.advance(3_000)
    expect(await status({}, moved)).toBe(200)
    expect(await status({}, moved)).toBe(200)
  })

  test('takes no turns by digests that may come from elsewhere', async () => {
    expect(await status()).toBe(200)
    await guess(20)
    for (let i = 0; i < 5; i++) await send('made.up', { password: 'x' }, neighbour)
    expect(await status({}, { ...phone, port: 40_001 })).toBe(200)
  })

  test('does not lock it out after a restart of ours either', async () => {
    expect(await status()).toBe(200)
    const bans = new BanList({ clock: bench.clock, log: quietLog, never: [] })
    bench = new Bench(bench.stored.values(), true, { bans })
    bench.devices.set('alice', device('alice', 'right'))
    await bench.sip.load()
    await guess(20)
    for (let i = 0; i < 20; i++) await status({ username: `u${i}` }, neighbour)
    expect(bans.list()).toEqual([])
    expect(await status()).toBe(200)
    await bench.sip.close()
  })
})

test('a phone with an old password that guesses on is locked out where it is', async () => {
  expect(await status()).toBe(200)
  await guess(20, phone)
  expect(await status({ password: 'x' })).toBe(401)
  expect(await status({ password: 'x' })).toBe(503)
})
