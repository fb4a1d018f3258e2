import { expect, test } from 'vitest'
import { isFinal } from '../../../engine/core/call.ts'
import type { CallId, TrunkId } from '../../../engine/core/ids.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'
import fc from '../../support/property.ts'

const actions = [
  'progress',
  'answered',
  'busy',
  'unavailable',
  'remoteHangup',
  'remoteCancel',
  'key1',
  'key2',
  'playEnds',
  'second',
  'minute',
  'apiEnd',
  'place',
  'trigger',
  'incoming',
] as const
type Action = (typeof actions)[number]

async function act(lab: CallLab, all: CallId[], action: Action, pick: number): Promise<void> {
  const known = [...all, ...lab.invited]
  const id = known[pick % Math.max(1, known.length)]
  switch (action) {
    case 'place':
      all.push(
        (await lab.centre.placeCall(lab.account, { to: '+61400000001', from: ownNumber })).id,
      )
      break
    case 'trigger': {
      const request = { agentPhone: '+61400000002', leadPhone: '+61400000003', leadName: 'x' }
      all.push((await lab.centre.triggerCall(lab.account, request)).id)
      break
    }
    case 'incoming':
      all.push(await lab.incoming(ownNumber))
      break
    case 'second':
      await lab.clock.advance(1_000)
      break
    case 'minute':
      await lab.clock.advance(60_000)
      break
    default:
      if (id) await onCall(lab, id, action)
  }
  await lab.settle()
}

async function onCall(lab: CallLab, id: CallId, action: Action): Promise<void> {
  switch (action) {
    case 'progress':
      return lab.sip.progress(id, 180, undefined)
    case 'answered':
      return lab.sip.answered(id, 'v=0', 'x')
    case 'busy':
      return lab.sip.rejected(id, 486, 'Busy')
    case 'unavailable':
      return lab.sip.rejected(id, 503, 'x', { sipCallId: 's', silent: false })
    case 'remoteHangup':
      return lab.sip.remoteHangup(id, 'BYE')
    case 'remoteCancel':
      return lab.sip.remoteCancel(id)
    case 'key1':
      return lab.media.digit(id, '1', 100)
    case 'key2':
      return lab.media.digit(id, '2', 100)
    case 'playEnds':
      return lab.finishPlay(id)
    default:
      return lab.centre.endCall(lab.account.id, id)
  }
}

test('whatever happens in whatever order, every call ends once and the log has no gap', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(7)), {
    minLength: 5,
    maxLength: 40,
  })
  await fc.assert(
    fc.asyncProperty(steps, async (sequence) => {
      const lab = await openCallLab()
      const [first] = await lab.store.trunks.list()
      if (!first) throw new Error('the lab has a trunk')
      const other = '00000000-0000-4000-8000-0000000000bb' as TrunkId
      await lab.store.trunks.insert({ ...first, id: other, name: 'other' })
      const all: CallId[] = []
      for (const [action, pick] of sequence) await act(lab, all, action, pick)
      await lab.calls.endAll({ is: 'hangup', by: 'api' })
      await lab.settle()
      expect(lab.calls.size).toBe(0)
      expect(lab.clock.pendingTimers).toBe(0)
      for (const id of [first.id, other]) expect(lab.calls.trunks.callsOn(id)).toBe(0)
      const { calls } = await lab.centre.listCalls(lab.account.id, { page: 1, pageSize: 100 })
      for (const call of calls) {
        expect(isFinal(call.status)).toBe(true)
        const log = await lab.logOf(call.id)
        const ends = log.filter(
          (type) => type.startsWith('call.') && isFinal(type.slice(5) as never),
        )
        expect(ends).toHaveLength(1)
      }
      const events = await lab.store.events.after(lab.account.id, 0, 10_000)
      expect(events.map((event) => event.sequence)).toEqual(events.map((_event, i) => i + 1))
      await lab.store.close()
    }),
    { numRuns: 60 },
  )
})
