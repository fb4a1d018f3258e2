/** A caller who wants 18x acknowledged (RFC 3262) and offers anew before the answer (RFC 3311), on the wire. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Caller } from './support/caller.ts'
import { sdp, UdpPeer } from './support/peer.ts'
import { type Rig, startRig, trunk } from './support/rig.ts'

let rig: Rig
let peer: UdpPeer
beforeEach(async () => {
  rig = await startRig()
  peer = await UdpPeer.open(rig.sipPort)
  rig.trunks.push(trunk(peer.port))
})
afterEach(async () => {
  await rig.close()
  peer.close()
})

it('early media, PRACK, UPDATE, answer, BYE', async () => {
  const offers: (string | undefined)[] = []
  rig.heard.renegotiate = async (_callId, offer) => {
    offers.push(offer)
    return sdp(5006)
  }
  const to = `sip:+15005550100@127.0.0.1:${rig.sipPort}`
  const caller = new Caller(peer, { from: 'sip:+61400000009@carrier.example', to })
  caller.request('INVITE', { headers: [['Require', '100rel']], body: sdp(4000) })
  await rig.heard.next('incoming')
  const { callId } = rig.heard.invites[0]!
  rig.sip.progress(callId, 183, sdp(5004))
  const progress = await peer.expect(183)
  expect(progress.headers['require']).toBe('100rel')
  expect(progress.body).toContain('m=audio 5004')
  caller.learn(progress)
  const invited = progress.headers['cseq']?.split(' ')[0]
  const rack = `${progress.headers['rseq']} ${invited} INVITE`
  caller.request('PRACK', { headers: [['RAck', rack]] })
  const answerTo = (method: string) =>
    peer.expect(({ status = 0, headers }) => {
      return status >= 200 && headers['cseq']?.endsWith(method) === true
    })
  expect((await answerTo('PRACK')).status).toBe(200)
  caller.request('UPDATE', { body: sdp(4002) })
  const updated = await answerTo('UPDATE')
  expect(updated.status).toBe(200)
  expect(updated.body).toContain('m=audio 5006')
  expect(offers).toEqual([expect.stringContaining('m=audio 4002')])
  rig.sip.accept(callId, sdp(5006))
  const answer = await answerTo('INVITE')
  expect(answer.status).toBe(200)
  caller.ack(answer)
  caller.request('BYE')
  expect((await answerTo('BYE')).status).toBe(200)
  await rig.heard.next('remoteHangup')
})
