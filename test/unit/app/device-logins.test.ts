/** What SIP finds by the user names of digests: devices, and devices by their tokens. */

import { expect, test } from 'vitest'
import {
  type DeviceLoginPorts,
  deviceLogins,
  sipLogins,
} from '../../../engine/app/directory/device-logins.ts'
import { ha1Md5, ha1Sha256 } from '../../../engine/core/digest.ts'
import type { AccountId, DeviceId } from '../../../engine/core/ids.ts'
import type { DeviceRecord } from '../../../engine/core/ports/store.ts'
import { keyedHash } from '../../../engine/sip/auth/keyed-hash.ts'
import { Lockout } from '../../../engine/sip/auth/lockout.ts'

const realm = 'ringdown'
const hashes = (username: string, password: string) => ({
  ha1Md5: ha1Md5(username, realm, password),
  ha1Sha256: ha1Sha256(username, realm, password),
})

function scene() {
  const time = { nowMs: 1_800_000_000_000 }
  const clock = {
    ...{ nowMs: () => time.nowMs, monotonicMs: () => time.nowMs, after: () => () => {} },
  }
  const devices = new Map<string, DeviceRecord>()
  devices.set('1001', {
    ...{ id: 'd1' as DeviceId, accountId: 'a1' as AccountId, username: '1001', name: 'Desk' },
    ...{ ...hashes('1001', 'its own password'), createdAtMs: 0 },
  })
  const ports: DeviceLoginPorts = {
    ...{ realm, clock, sipUrl: '/sip', guesses: new Lockout(clock) },
    devices: { byUsername: async (name) => devices.get(name) },
    keyed: keyedHash(Buffer.from('a key')),
    nonce: () => 'a-nonce-of-test',
    iceServers: (username, expiresAtS) => [{ urls: [`turn:${username}.${expiresAtS}`] }],
  }
  const device = devices.get('1001') as DeviceRecord
  return { time, devices, device, logins: deviceLogins(ports), sip: sipLogins(ports) }
}

test('a device by its name has its own hashes', async () => {
  const { sip, device } = scene()
  expect(await sip.byUsername('1001')).toEqual(device)
  expect(await sip.byUsername('1002')).toBeUndefined()
})

test('the name of a token is its device, with the hashes of the secret in both algorithms', async () => {
  const { sip, device, logins } = scene()
  const { authorizationUsername: name, secret } = logins.issue(device, 60).content
  expect(await sip.byUsername(name)).toEqual({ ...device, ...hashes(name, secret) })
})

test('until it is over, and not a millisecond more', async () => {
  const { sip, device, logins, time } = scene()
  const { authorizationUsername: name, expiresAt } = logins.issue(device, 60).content
  time.nowMs = Date.parse(expiresAt) - 1
  expect(await sip.byUsername(name)).toBeDefined()
  time.nowMs += 1
  expect(await sip.byUsername(name)).toBeUndefined()
})

test('another expiry, another nonce, another password or none: the secret is another', async () => {
  const { sip, device, devices, logins } = scene()
  const { authorizationUsername: name, secret } = logins.issue(device, 60).content
  const right = hashes(name, secret).ha1Md5
  for (const changed of [name.replace(/~\w+~/, '~zzzzzz~'), `${name}x`]) {
    const found = await sip.byUsername(changed)
    expect(found).toBeDefined()
    expect(found?.ha1Md5).not.toBe(hashes(changed, secret).ha1Md5)
  }
  devices.set('1001', { ...device, ...hashes('1001', 'another password') })
  expect((await sip.byUsername(name))?.ha1Md5).not.toBe(right)
  devices.delete('1001')
  expect(await sip.byUsername(name)).toBeUndefined()
})

test.each(['1001~', '1001~sl3k2x', '1001~SL3K2X~abcdefgh', '~1~abcdefgh', '1001~1~a:bcdefgh', '~'])(
  '%s names nobody',
  async (name) => {
    expect(await scene().sip.byUsername(name)).toBeUndefined()
  },
)

test('relays are for this device, as long as the token', () => {
  const { device, logins, time } = scene()
  const { iceServers } = logins.issue(device, 60).content
  expect(iceServers).toEqual([{ urls: [`turn:1001.${time.nowMs / 1000 + 60}`] }])
})

test('of many passwords at once no more are looked at than one after the other', async () => {
  const { logins } = scene()
  const tries = Array.from({ length: 50 }, (_, n) =>
    logins.byPassword('1001', n === 49 ? 'its own password' : `guess ${n}`, '192.0.2.1').then(
      () => 'in',
      (error: { code: string }) => error.code,
    ),
  )
  const answers = await Promise.all(tries)
  expect(answers.filter((answer) => answer === 'unauthorized')).toHaveLength(20)
  expect(answers.at(-1)).toBe('rate_limited')
})
