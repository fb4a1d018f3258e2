/** Offers of ours inside a dialog: what is done about every answer, and about two at once. */
import { beforeEach, describe, expect, it } from 'vitest'
import type { CallId } from '../../../engine/core/ids.ts'
import { settle } from '../../support/virtual-clock.ts'
import { DeviceCalls, sdp, withSdp } from './support/device-calls.ts'
import { Bench, type Received, type Sent } from './support/recorder.ts'

let bench: Bench
let calls: DeviceCalls
beforeEach(() => {
  bench = new Bench()
  calls = new DeviceCalls(bench)
})

interface Watched {
  answer?: string
  failure?: string
}

function reoffer(callId: CallId, offers = { made: 0 }): Watched {
  const watched: Watched = {}
  const offer = async (): Promise<string> => `v=0 ${++offers.made}`
  bench.sip.reoffer(callId, offer).then(
    (answer) => {
      watched.answer = answer
    },
    (error: { code?: string }) => {
      watched.failure = error.code ?? String(error)
    },
  )
  return watched
}

const reinvites = (): Sent[] => calls.sent('INVITE').filter((one) => one.out.dialogId !== undefined)

describe('a re-INVITE of ours', () => {
  it('carries the offer, and its answer is acknowledged at once', async () => {
    const { callId, dialogId } = calls.called()
    const watched = reoffer(callId)
    await settle()
    const [sent] = reinvites()
    expect(sent!.out).toMatchObject({ dialogId, body: 'v=0 1' })
    sent!.taken().respond(180)
    sent!.respond(200, withSdp, 'v=0 answer')
    expect(sent!.acks).toBe(1)
    await settle()
    expect(watched.answer).toBe('v=0 answer')
  })

  it.each([488, 500, 603, 403])('refused with %i leaves the call as it was', async (status) => {
    const { callId } = calls.called()
    const watched = reoffer(callId)
    await settle()
    reinvites()[0]!.taken().respond(status)
    await settle()
    expect(watched.failure).toBe('call_failed')
    expect(bench.heard).toEqual([])
    expect(bench.sip.counts()).toMatchObject({ legs: 1, dialogs: 1 })
  })

  it.each([408, 481])('answered with %i ends the dialog', async (status) => {
    const { callId } = calls.called()
    const watched = reoffer(callId)
    await settle()
    reinvites()[0]!.taken().respond(status)
    await settle()
    expect(watched.failure).toBe('call_ended')
    expect(bench.heard).toEqual(['remoteHangup the phone knows the call no more'])
    calls.sent('BYE')[0]!.taken().respond(481)
    expect(bench.sip.counts()).toMatchObject({ legs: 0, dialogs: 0 })
  })

  it('a 2xx that comes after the hang-up is acknowledged', async () => {
    const { callId } = calls.called()
    const watched = reoffer(callId)
    await settle()
    bench.sip.bye(callId)
    reinvites()[0]!.taken().respond(200, withSdp, sdp)
    await settle()
    expect(reinvites()[0]!.acks).toBe(1)
    expect(watched.failure).toBe('call_ended')
  })

  it('a 2xx without SDP agrees to nothing', async () => {
    const { callId } = calls.called()
    const watched = reoffer(callId)
    await settle()
    reinvites()[0]!.taken().respond(200)
    await settle()
    expect(watched.failure).toBe('call_failed')
  })

  it('waits for the ACK of the call', async () => {
    await calls.arrive('early')
    const callId = bench.calls[0]!
    bench.sip.accept(callId, sdp)
    const watched = reoffer(callId)
    await settle()
    expect(reinvites()).toHaveLength(0)
    calls.request('ACK', 'early;from-tag=hers', { to: '<sip:x@y>;tag=ours' })
    await bench.clock.advance(2_000)
    reinvites()[0]!.taken().respond(200, withSdp, sdp)
    await settle()
    expect(watched.answer).toBe(sdp)
  })

  it('of a call that nobody knows', async () => {
    await expect(bench.sip.reoffer('no' as CallId, async () => sdp)).rejects.toMatchObject({
      code: 'call_ended',
    })
  })
})

describe('glare', () => {
  it('while ours is under way theirs gets 491, and is taken afterwards', async () => {
    const { callId, dialogId } = calls.called()
    bench.renegotiate = async () => 'v=0 ours'
    reoffer(callId)
    await settle()
    const offer = (): Received => calls.request('INVITE', dialogId, withSdp, { body: sdp })
    expect(offer().status).toBe(491)
    reinvites()[0]!.taken().respond(200, withSdp, sdp)
    await settle()
    const later = offer()
    await settle()
    expect(later.status).toBe(200)
  })

  it('while theirs is under way ours waits', async () => {
    const { callId, dialogId } = calls.called()
    let answer = (_sdp: string): void => {}
    bench.renegotiate = () => new Promise((resolve) => (answer = resolve))
    const theirs = calls.request('INVITE', dialogId, withSdp, { body: sdp })
    const watched = reoffer(callId)
    await settle()
    expect(reinvites()).toHaveLength(0)
    answer('v=0 ours')
    await settle()
    expect(theirs.status).toBe(200)
    await bench.clock.advance(4_000)
    reinvites()[0]!.taken().respond(200, withSdp, sdp)
    await settle()
    expect(watched.answer).toBe(sdp)
  })

  it.each([
    ['we made the call', true, 2_100, 4_000],
    ['they made it', false, 0, 2_000],
  ])('after 491, where %s: waits within the bounds, 100 times by chance', async (...row) => {
    const [, ours, leastMs, mostMs] = row
    const waits = new Set<number>()
    for (let seed = 0; seed < 100; seed++) {
      bench = new Bench([], true, { random: () => seed / 100 })
      calls = new DeviceCalls(bench)
      const { callId } = ours ? calls.called() : await calls.up('c')
      const offers = { made: 0 }
      const watched = reoffer(callId, offers)
      await settle()
      reinvites()[0]!.taken().respond(491)
      await settle()
      const fromMs = bench.clock.nowMs()
      while (reinvites().length < 2) await bench.clock.advance(10)
      const waitedMs = bench.clock.nowMs() - fromMs
      expect(waitedMs).toBeGreaterThanOrEqual(leastMs)
      expect(waitedMs).toBeLessThanOrEqual(mostMs + 10)
      waits.add(waitedMs)
      // The offer is made anew: the other side's may have changed the session meanwhile.
      expect(reinvites()[1]!.out.body).toBe('v=0 2')
      reinvites()[1]!.taken().respond(200, withSdp, sdp)
      await settle()
      expect(watched.answer).toBe(sdp)
      expect(offers.made).toBe(2)
    }
    expect(waits.size).toBeGreaterThan(50)
  })

  it('without end is given up', async () => {
    const { callId } = calls.called()
    const watched = reoffer(callId)
    await settle()
    for (let n = 0; n < 8; n++) {
      reinvites()[n]!.taken().respond(491)
      await settle()
      await bench.clock.advance(4_000)
    }
    expect(watched.failure).toBe('call_failed')
    expect(reinvites()).toHaveLength(8)
  })
})
