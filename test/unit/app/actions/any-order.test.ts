import { expect, test } from 'vitest'
import { Failure } from '../../../../engine/core/failures.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import { type CallLab, openCallLab } from '../../../support/call-lab.ts'
import fc from '../../../support/property.ts'
import { dials } from '../two-parties.ts'

/** Three calls and whoever comes of them, and everything that can be done to them. */
type Act = (lab: CallLab, id: CallId, other: CallId) => unknown

const acts: Readonly<Record<string, Act>> = {
  answered: (lab, id) => lab.sip.answered(id, 'v=0', 'x'),
  busy: (lab, id) => lab.sip.rejected(id, 486, 'Busy'),
  hangsUp: (lab, id) => lab.sip.remoteHangup(id, 'BYE'),
  held: (lab, id) => lab.media.held(id, true),
  taken: (lab, id) => lab.media.held(id, false),
  playEnds: (lab, id) => lab.finishPlay(id),
  second: (lab) => lab.clock.advance(1_000),
  minutes: (lab) => lab.clock.advance(301_000),
  hold: (lab, id) => lab.centre.holdCall(lab.account.id, id, true),
  unhold: (lab, id) => lab.centre.holdCall(lab.account.id, id, false),
  blind: (lab, id) => lab.centre.transferCall(lab.account.id, id, { to: '1003', mode: 'bridge' }),
  consult: (lab, id) => lab.actions.consult(lab.account.id, id, '1003'),
  complete: (lab, id) => lab.actions.endConsultation(lab.account.id, id, 'complete'),
  cancel: (lab, id) => lab.actions.endConsultation(lab.account.id, id, 'cancel'),
  bridge: (lab, id, other) => lab.actions.bridge(lab.account.id, id, other),
  unbridge: (lab, id) => lab.actions.unbridge(lab.account.id, id),
  park: (lab, id) => lab.actions.park(lab.account.id, id, {}),
  pickUp: (lab, id, other) => lab.actions.pickUp(lab.account, { callId: id }, { callId: other }),
  pickUpByDevice: (lab) => lab.actions.pickUp(lab.account, { slot: '701' }, { to: '1003' }),
  redirect: (lab, id) =>
    lab.actions.redirect(lab.account.id, id, { verbs: [{ verb: 'pause', durationMs: 500 }] }),
  dialOn: (lab, id) =>
    lab.actions.redirect(lab.account.id, id, { verbs: [{ verb: 'dial', to: '1003' }] }),
  mute: (lab, id) => lab.actions.mute(lab.account.id, id, 'both', true),
  play: (lab, id) => lab.actions.play(lab.account.id, id, { url: 'a', queue: true }),
  whisper: (lab, id) => lab.actions.play(lab.account.id, id, { url: 'a', over: true }),
  stop: (lab, id) => lab.actions.stop(lab.account.id, id),
  record: (lab, id) => lab.actions.record(lab.account.id, id, { action: 'start' }),
  pause: (lab, id) => lab.actions.record(lab.account.id, id, { action: 'pause' }),
  listen: (lab, id) => lab.actions.listen(lab.account, id, { to: '1003', mode: 'barge' }),
  end: (lab, id) => lab.centre.endCall(lab.account.id, id),
}

/** A refusal is fine, anything else that is thrown is not. */
async function attempt(act: Act, lab: CallLab, id: CallId, other: CallId): Promise<void> {
  try {
    await act(lab, id, other)
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

/** Whoever talks to somebody is talked to by him, and both are up. */
function expectWholeBridges(lab: CallLab): void {
  for (const call of lab.calls.all()) {
    const { bridge, partner } = call
    if (!bridge) continue
    if (partner) expect([partner.bridge, partner.partner]).toEqual([bridge, call])
    else expect(bridge.kept).toBeDefined()
  }
}

async function start(lab: CallLab): Promise<CallId[]> {
  for (const name of ['1001', '1002', '1003']) await lab.addDevice(name, true)
  const caller = await dials(lab, '1001', '1002')
  const { id } = await lab.centre.placeCall(lab.account, { to: '1003', from: '1001' })
  await lab.settle()
  for (const one of lab.invited) lab.sip.answered(one, 'v=0', 'x')
  await lab.settle()
  return [caller, ...lab.invited.filter((one) => one !== id), id]
}

test('whatever is done to calls in whatever order, two at a time: no bridge is half made, every call ends, nothing is left', async () => {
  const names = Object.keys(acts)
  const step = fc.tuple(fc.constantFrom(...names), fc.nat(5), fc.nat(5), fc.boolean())
  const steps = fc.array(step, { minLength: 5, maxLength: 30 })
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const lab = await openCallLab()
      const first = await start(lab)
      const underWay: Promise<void>[] = []
      for (const [name, a, b, waits] of sequence) {
        const known = [...new Set([...first, ...lab.invited])]
        const [id, other] = [known[a % known.length]!, known[b % known.length]!]
        const done = attempt(acts[name]!, lab, id, other)
        underWay.push(done)
        // The next one comes while this one is under way, or after it.
        if (!waits) continue
        await lab.settle()
        expectWholeBridges(lab)
      }
      await lab.settle()
      await Promise.all(underWay)
      await lab.settle()
      expectWholeBridges(lab)
      await lab.calls.endAll({ is: 'hangup', by: 'api' })
      await lab.settle()
      expect(lab.calls.size).toBe(0)
      expect(lab.clock.pendingTimers).toBe(0)
      expect(lab.actions.parked(lab.account.id)).toEqual([])
      await lab.store.close()
    }),
    { numRuns: 50 },
  )
})
