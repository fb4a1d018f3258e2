/** Contacts on the wire: forks and the CANCEL's Reason, Path, closed connections, OPTIONS. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { eventually } from '../../support/engine-process.ts'
import { register } from './support/caller.ts'
import { type Peer, reply, sdp, TcpPeer, UdpPeer } from './support/peer.ts'
import { device, type Rig, startRig } from './support/rig.ts'

const alice = { username: 'alice', password: 'right' }
let rig: Rig
const open: { close(): void }[] = []
beforeEach(async () => {
  rig = await startRig({ pingEveryMs: 30_000 })
  rig.devices.push(device('alice', 'right'))
})
afterEach(async () => {
  for (const peer of open.splice(0)) peer.close()
  await rig.close()
})

const opened = <P extends Peer>(peer: P): P => {
  open.push(peer)
  return peer
}
const udp = async () => opened(await UdpPeer.open(rig.sipPort))
const tcp = async () => opened(await TcpPeer.open(rig.sipPort))
const target = () => ({ kind: 'device', deviceId: rig.devices[0]!.id }) as const
const contacts = () => rig.sip.registeredContacts(rig.devices[0]!.id)

it('two phones ring, one answers, the other hears that the call was completed elsewhere', async () => {
  const [desk, cell] = [await udp(), await tcp()]
  await register(desk, rig.sipPort, alice)
  await register(cell, rig.sipPort, alice)
  rig.call(target())
  const [atDesk, atCell] = [await desk.expect('INVITE'), await cell.expect('INVITE')]
  cell.send(reply(atCell, 180))
  desk.send(reply(atDesk, 180))
  await rig.heard.next('progress 180')
  await rig.heard.next('progress 180')
  desk.send(reply(atDesk, 200, { body: sdp(), contact: desk.contact }))
  const cancel = await cell.expect('CANCEL')
  expect(cancel.headers['reason']).toBe('SIP;cause=200;text="Call completed elsewhere"')
  cell.send(reply(cancel, 200))
  cell.send(reply(atCell, 487))
  await rig.heard.next('answered')
  await desk.expect('ACK')
})

it('a caller who gives up gives no such reason', async () => {
  const [desk, cell] = [await udp(), await udp()]
  await register(desk, rig.sipPort, alice)
  await register(cell, rig.sipPort, alice)
  const call = rig.call(target())
  for (const peer of [desk, cell]) peer.send(reply(await peer.expect('INVITE'), 180))
  await rig.heard.next('progress 180')
  await rig.heard.next('progress 180')
  rig.sip.cancel(call)
  for (const peer of [desk, cell]) {
    expect((await peer.expect('CANCEL')).headers['reason']).toBeUndefined()
  }
})

it('Path is the Route of a call', async () => {
  const proxy = await udp()
  const path = `<sip:in@127.0.0.1:${proxy.port};lr>`
  const headers: [string, string][] = [
    ['Path', path],
    ['Supported', 'path'],
  ]
  const ok = await register(proxy, rig.sipPort, alice, { headers, contact: '<sip:a@10.0.0.9>' })
  expect(ok.headers['path']).toBe(path)
  rig.call(target())
  const invite = await proxy.expect('INVITE')
  expect([invite.start, invite.headers['route']]).toEqual(['INVITE sip:a@10.0.0.9 SIP/2.0', path])
})

it('a phone whose connection is closed is away at once, and known to be', async () => {
  const phone = await tcp()
  await register(phone, rig.sipPort, alice, { contact: '<sip:a@10.0.0.9;transport=tcp>' })
  expect(contacts()).toMatchObject([{ reachability: 'unknown', roundTripMs: null }])
  phone.close()
  await expect.poll(() => rig.serverStats().tcpConnections).toBe(0)
  const beforeMs = performance.now()
  rig.call(target())
  await rig.heard.next('rejected 480')
  // by far less than the 32 s of a phone that is only silent
  expect(performance.now() - beforeMs).toBeLessThan(20_000)
  await eventually(
    async () => contacts()[0]?.reachability,
    (state) => state === 'gone',
  )
})

it('is asked by OPTIONS, and how long its answer takes is known', async () => {
  const phone = await udp()
  await register(phone, rig.sipPort, alice)
  const options = await phone.expect('OPTIONS')
  expect(options.start).toBe(`OPTIONS sip:peer@127.0.0.1:${phone.port} SIP/2.0`)
  phone.send(reply(options, 200))
  const seen = await eventually(
    async () => contacts()[0],
    (contact) => contact?.reachability === 'reachable',
  )
  expect(seen?.roundTripMs).toBeGreaterThanOrEqual(0)
  expect(rig.heard.registrar).toHaveLength(1)
})
