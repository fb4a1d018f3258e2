import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type BaresipPhone, startBaresip } from '../support/baresip-phone.ts'
import {
  type EngineProcess,
  eventually,
  freePort,
  type Json,
  startEngine,
} from '../support/engine-process.ts'
import { likeness } from '../support/likeness.ts'
import { type LinphonePhone, startLinphone } from '../support/linphone-phone.ts'
import { whenRegistered } from '../support/registered.ts'
import { voice } from '../support/voice.ts'

// linphonec is device 1001, baresip device 1002: both register with digest, each calls the other.

type Transport = 'udp' | 'tcp' | 'tls'

const linphoneSays = voice('agent')
const baresipSays = voice('lead')

let engine: EngineProcess
let linphone: LinphonePhone
let baresip: BaresipPhone
beforeAll(async () => {
  engine = await startEngine()
})
afterEach(async () => {
  await linphone?.stop()
  await baresip?.stop()
})
afterAll(async () => {
  await engine.stop()
  engine.removeData()
})

const passwordOf = (username: string): string => {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  return logins.devices.find((device: Json) => device.username === username).password
}

const serverOf = (transport: Transport): string =>
  `127.0.0.1:${transport === 'tls' ? engine.tlsPort : engine.sipPort}`

async function bothRegistered(transport: Transport): Promise<void> {
  const registrar = serverOf(transport)
  const shared = { registrar, transport }
  await whenRegistered(engine, '1001', async () => {
    linphone = await startLinphone({
      ...{ ...shared, user: '1001', password: passwordOf('1001'), realm: 'ringdown' },
      ...{ port: await freePort(), says: linphoneSays },
    })
    return linphone
  })
  await whenRegistered(engine, '1002', async () => {
    baresip = await startBaresip({
      ...{ ...shared, user: '1002', password: passwordOf('1002') },
      ...{ port: await freePort(), says: baresipSays },
    })
    return baresip
  })
}

const calls = async (): Promise<Json[]> => (await engine.get('/v1/voice/calls')).body.calls
const up = async (count: number): Promise<void> => {
  await eventually(
    calls,
    (all) => all.filter(({ status }) => status === 'in-progress').length === count,
  )
}
const seconds = (s: number) => new Promise((resolve) => setTimeout(resolve, s * 1_000))

test.each(['udp', 'tcp', 'tls'] as const)(
  'over %s each calls the other, and both are heard',
  async (transport) => {
    await bothRegistered(transport)
    const at = `${serverOf(transport)};transport=${transport}`

    linphone.command(`call sip:1002@${at}`)
    await up(2)
    await seconds(4)
    linphone.command('terminate')
    await up(0)
    await baresip.command('dial', `sip:1001@${at}`)
    await up(2)
    await seconds(4)
    await baresip.command('hangup')
    await up(0)

    const made = (await calls()).slice(0, 4)
    expect(made.map(({ status }) => status)).toEqual(Array(4).fill('completed'))
    await linphone.stop()
    await baresip.stop()
    expect(likeness(baresipSays, linphone.heard()), linphone.output()).toBeGreaterThanOrEqual(0.95)
    expect(likeness(linphoneSays, baresip.heard()), baresip.output()).toBeGreaterThanOrEqual(0.95)
    expect(likeness(linphoneSays, linphone.heard())).toBeLessThan(0.5)
  },
)

test('keys that linphonec presses are collected', async () => {
  const number = '+61255501999'
  const gather = { verb: 'gather', num_digits: 3, timeout: 10 }
  const route = { verbs: [gather, { verb: 'hangup' }] }
  expect((await engine.send('POST', '/v1/voice/numbers', { number, route })).status).toBe(201)
  await bothRegistered('udp')
  linphone.command(`call sip:${number}@${serverOf('udp')}`)
  await up(1)
  await seconds(1)
  for (const key of '7#2') {
    linphone.command(key)
    await seconds(0.4)
  }
  await up(0)
  const [call] = await calls()
  expect(call?.gathered_digits, linphone.output()).toBe('7')
})
