/** Whatever happens in whatever order, crashes included: no money is made, lost or left on hold. */

import { expect, test } from 'vitest'
import { callCentre } from '../../../engine/app/centre.ts'
import { LiveCalls } from '../../../engine/app/live-calls.ts'
import type { Ports } from '../../../engine/app/ports.ts'
import { recover } from '../../../engine/app/recover.ts'
import { mediaEvents, sipEvents } from '../../../engine/app/sip-events.ts'
import { type CallRecord, isFinal } from '../../../engine/core/call.ts'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import { noMoney, sumIn, topUpLines } from '../../../engine/core/money/ledger.ts'
import { type CallLab, openCallLab, ownNumber } from '../../support/call-lab.ts'
import fc from '../../support/property.ts'

const mobile = '+61412345678'
const actions = [
  ...['place', 'placeTwo', 'trigger', 'incoming', 'answered', 'answered', 'busy', 'hangUp'],
  ...['key1', 'apiEnd', 'second', 'minute', 'topUp', 'crash', 'storeFails'],
] as const
type Action = (typeof actions)[number]

/** The application as a process that can be killed: what it still wanted to do is not done. */
interface Life {
  readonly calls: LiveCalls
  readonly centre: ReturnType<typeof callCentre>
  readonly sip: ReturnType<typeof sipEvents>
  readonly media: ReturnType<typeof mediaEvents>
  failing: boolean
  kill(): void
}

function live(lab: CallLab): Life {
  let dead = false
  const life = { failing: false }
  const { clock, store } = lab.ports
  const ports: Ports = {
    ...lab.ports,
    clock: {
      nowMs: clock.nowMs,
      monotonicMs: clock.monotonicMs,
      after: (delayMs, run) => clock.after(delayMs, () => (dead ? undefined : run())),
    },
    store: {
      ...store,
      calls: {
        ...store.calls,
        commit: (...of) => {
          if (dead) return new Promise(() => undefined)
          return life.failing ? Promise.reject(new Error('away')) : store.calls.commit(...of)
        },
      },
    },
  }
  const calls = new LiveCalls(ports)
  return Object.assign(life, {
    calls,
    centre: callCentre(ports, calls),
    sip: sipEvents(ports, calls),
    media: mediaEvents(ports, calls, () => {}),
    kill() {
      dead = true
    },
  })
}

async function act(lab: CallLab, life: Life, action: Action, pick: number): Promise<Life> {
  const known = lab.invited
  const id = known[pick % Math.max(1, known.length)]
  const place = () =>
    life.centre.placeCall(lab.account, { to: mobile, from: ownNumber }).catch(expected)
  switch (action) {
    case 'place':
      await place()
      break
    case 'placeTwo':
      await Promise.all([place(), place()])
      break
    case 'trigger': {
      const request = { agentPhone: mobile, leadPhone: '+61298765432', leadName: 'x' }
      await life.centre.triggerCall(lab.account, request).catch(expected)
      break
    }
    case 'second':
      await lab.clock.advance(1_000)
      break
    case 'minute':
      await lab.clock.advance(60_000 + pick)
      break
    case 'topUp':
      await lab.store.money.book(lab.account.id, { kind: 'top-up', lines: topUpLines(130_000) })
      break
    case 'storeFails':
      life.failing = !life.failing
      break
    case 'crash':
      life.kill()
      await recover(lab.ports, lab.clock.nowMs() - pick * 1_000)
      return live(lab)
    default:
      if (id) await onCall(lab, life, id, action)
  }
  await lab.settle()
  return life
}

/** A refusal is one of those that are meant, or of the database that fails. */
function expected(error: unknown): void {
  const meant = ['insufficient_credits', 'trunk_busy', 'limit_reached']
  if (error instanceof Failure ? meant.includes(error.code) : String(error).includes('away')) return
  throw error
}

async function onCall(lab: CallLab, life: Life, id: CallId, action: Action): Promise<void> {
  if (action === 'answered') life.sip.answered(id, 'v=0', 'x')
  else if (action === 'busy') life.sip.rejected(id, 486, 'Busy')
  else if (action === 'hangUp') life.sip.remoteHangup(id, 'BYE')
  else if (action === 'key1') life.media.digit(id, '1', 100)
  else if (action === 'apiEnd') await life.centre.endCall(lab.account.id, id)
}

async function allCalls(lab: CallLab): Promise<CallRecord[]> {
  const { calls } = await lab.store.calls.list(lab.account.id, { page: 1, pageSize: 100 })
  return calls
}

/** True at every moment: what the books say is what the account and its calls say. */
async function expectSound(lab: CallLab): Promise<void> {
  const { balanceMicro, heldMicro } = await lab.store.money.account(lab.account.id)
  const entries = await lab.store.money.entries(lab.account.id, { after: 0, limit: 10_000 })
  const lines = entries.flatMap((entry) => entry.lines)
  const calls = await allCalls(lab)
  const sum = (of: (call: CallRecord) => number) => calls.reduce((all, call) => all + of(call), 0)
  expect(balanceMicro).toBeGreaterThanOrEqual(0)
  expect(sumIn(lines, 'balance')).toBe(balanceMicro)
  expect(sumIn(lines, 'held')).toBe(heldMicro)
  expect(sum(({ money }) => money?.heldMicro ?? 0)).toBe(heldMicro)
  expect(sum(({ money }) => money?.costMicro ?? 0)).toBe(sumIn(lines, 'revenue'))
  expect(entries.map(({ sequence }) => sequence)).toEqual(entries.map((_, index) => index + 1))
  expect((await lab.store.money.totals()).allMicro).toBe(0)
}

test('whatever happens, the ledger sums to zero, the limit holds, and nothing stays on hold', async () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(...actions), fc.nat(7)), {
    minLength: 5,
    maxLength: 30,
  })
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 0, max: 600_000 }), async (sequence, credit) => {
      const lab = await openCallLab()
      const { balanceMicro: _, heldMicro: __, ...usual } = noMoney
      await lab.store.money.configure(lab.account.id, { ...usual, billing: 'prepaid' })
      if (credit > 0) {
        await lab.store.money.book(lab.account.id, { kind: 'top-up', lines: topUpLines(credit) })
      }
      let life = live(lab)
      for (const [action, pick] of sequence) {
        life = await act(lab, life, action, pick)
        await expectSound(lab)
      }
      life.failing = false
      await life.calls.endAll({ is: 'hangup', by: 'api' })
      await lab.settle()
      // An end that the database did not take is given at the next start.
      life.kill()
      await recover(lab.ports, lab.clock.nowMs())
      await expectSound(lab)
      expect((await allCalls(lab)).every(({ status }) => isFinal(status))).toBe(true)
      expect((await lab.store.money.totals()).heldMicro).toBe(0)
      await lab.store.close()
    }),
    { numRuns: 40 },
  )
})
