/** A phone that is gone without a word: the call ends all the same (RFC 4028). A minute of it is two seconds here. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { reply, sdp, UdpPeer } from './support/peer.ts'
import { type Rig, startRig, trunk } from './support/rig.ts'

let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  rig = await startRig({}, { speed: 30 })
  peer = await UdpPeer.open(rig.sipPort)
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

it.each([
  ['that wanted to refresh', 'uas'],
  ['that wanted us to refresh', 'uac'],
])('whom we called, %s', async (_who, refresher) => {
  rig.call({ kind: 'trunk', trunk: trunk(peer.port), number: '+61400000001' })
  const invite = await peer.expect('INVITE')
  expect(invite.headers['session-expires']).toBe('1800')
  const headers: [string, string][] = [
    ['Session-Expires', `90;refresher=${refresher}`],
    ['Require', 'timer'],
  ]
  peer.send(reply(invite, 200, { body: sdp(), contact: peer.contact, headers }))
  await rig.heard.next('answered')
  // and not one word more
  await rig.heard.next('remoteHangup Session timer expired')
  await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
})

it('who called us and said that he refreshes', async () => {
  rig.trunks.push(trunk(peer.port))
  const headers = `Supported: timer\r\nSession-Expires: 90\r\nContact: ${peer.contact}`
  const head = `INVITE sip:+15005550100@127.0.0.1:${rig.sipPort} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:${peer.port};branch=z9hG4bKinv\r\nMax-Forwards: 70\r\nFrom: <sip:+61400000001@127.0.0.1>;tag=them\r\nTo: <sip:+15005550100@127.0.0.1>\r\nCall-ID: silent\r\n`
  const body = sdp()
  peer.send(
    `${head}CSeq: 1 INVITE\r\n${headers}\r\nContent-Type: application/sdp\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
  await rig.heard.next('incoming')
  rig.sip.accept(rig.heard.invites[0]!.callId, sdp())
  const ok = await peer.expect(200)
  expect(ok.headers).toMatchObject({
    'session-expires': '90;refresher=uac',
    require: 'timer',
  })
  const ack = head.replace('INVITE', 'ACK').replace('z9hG4bKinv', 'z9hG4bKack')
  peer.send(
    `${ack.replace(/To: .*/, `To: ${ok.headers['to']}`)}CSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n`,
  )
  await rig.heard.next('remoteHangup Session timer expired')
  await expect.poll(() => rig.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
})
