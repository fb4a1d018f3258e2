import { expect } from 'vitest'
import { noLimits } from '../../../../engine/core/account-limits.ts'
import { type CallRecord, callStatuses, isFinal } from '../../../../engine/core/call.ts'
import type { AccountId } from '../../../../engine/core/ids.ts'
import { sumIn } from '../../../../engine/core/money/ledger.ts'
import { costMicro } from '../../../../engine/core/money/rate.ts'
import type { World } from './world.ts'

const count = (length: number): number[] => Array.from({ length }, (_, index) => index + 1)

async function callsOf({ lab }: World, id: AccountId): Promise<CallRecord[]> {
  const { calls } = await lab.store.calls.list(id, { page: 1, pageSize: 1_000 })
  return calls
}

/** Nothing that lives in the process is left: its tables are empty, and it waits for nothing. */
export function expectNothingLeft({ life, lab, owners, phones }: World): void {
  const { calls } = life
  const { conferences, queues } = calls
  expect({
    calls: [...calls.all()].map(({ record, state }) => `${record.direction} ${state.at}`),
    recordings: calls.recordings.size,
    rooms: conferences.size,
    members: conferences.members,
    roomRecordings: conferences.recordings.size,
    inTheMaking: conferences.making.size + conferences.names.size + queues.making.size,
    waiting: queues.waiting,
    calling: owners.flatMap(({ account, devices }) =>
      devices.filter((device) => queues.calling(account.id, device) > 0),
    ),
    parked: owners.flatMap(({ account }) => calls.parkingLot.of(account.id).map((at) => at.slot)),
    legs: phones.left,
    media: [...life.open],
    timers: life.timers,
    labTimers: lab.clock.pendingTimers,
  }).toEqual({
    ...{ calls: [], recordings: 0, rooms: 0, members: 0, roomRecordings: 0, inTheMaking: 0 },
    ...{ waiting: 0, calling: [], parked: [], legs: [], media: [], timers: 0, labTimers: 0 },
  })
  const one = { ...noLimits, maxCalls: 1 }
  for (const { account } of owners) {
    expect(calls.accounts.refusal(account.id, one, undefined)).toBeUndefined()
    for (const queue of queues.of(account.id)) {
      for (const { id } of queue.record.agents) {
        const { ringing, talks } = queue.now(id)
        expect(ringing.size + talks.size).toBe(0)
      }
    }
  }
}

export async function expectTrunksFree({ life, lab }: World): Promise<void> {
  for (const { id } of await lab.store.trunks.list()) expect(life.calls.trunks.callsOn(id)).toBe(0)
}

/** Every call, conference, recording and wait that was ever stored has its end. */
export async function expectAllEnded(world: World): Promise<void> {
  const { store } = world.lab
  expect(await store.calls.unfinished()).toEqual([])
  expect((await store.conferences.unfinished()).filter(({ status }) => status !== 'init')).toEqual(
    [],
  )
  expect(await store.recordings.unfinished()).toEqual([])
  expect(await store.queues.unfinished()).toEqual([])
  for (const { account } of world.owners) {
    const calls = await callsOf(world, account.id)
    for (const { status, endedAtMs, endReason } of calls) {
      expect([isFinal(status), endedAtMs !== null, endReason !== null]).toEqual([true, true, true])
    }
  }
}

/** At every moment: the books say what the account and its calls say, and nobody owes more than he may. */
export async function expectSoundBooks(world: World): Promise<void> {
  const { money } = world.lab.store
  for (const { account } of world.owners) {
    const now = await money.account(account.id)
    const entries = await money.entries(account.id, { after: 0, limit: 10_000 })
    const lines = entries.flatMap((entry) => entry.lines)
    const calls = await callsOf(world, account.id)
    const sum = (of: (call: CallRecord) => number) => calls.reduce((all, call) => all + of(call), 0)
    const booked = calls.filter((call) => call.money?.billing !== 'off')
    expect(entries.map(({ sequence }) => sequence)).toEqual(count(entries.length))
    expect(now.balanceMicro).toBeGreaterThanOrEqual(
      now.billing === 'off' ? 0 : 0 - (now.creditLimitMicro ?? 0),
    )
    expect(sumIn(lines, 'balance')).toBe(now.balanceMicro)
    expect(sumIn(lines, 'held')).toBe(now.heldMicro)
    expect(sum((call) => call.money?.heldMicro ?? 0)).toBe(now.heldMicro)
    expect(booked.reduce((all, call) => all + (call.money?.costMicro ?? 0), 0)).toBe(
      sumIn(lines, 'revenue'),
    )
  }
  expect((await money.totals()).allMicro).toBe(0)
}

/** Whatever was answered is paid, by its rate and its time; what was cut short costs no more than was set aside. */
export async function expectAllPaid(world: World): Promise<void> {
  expect((await world.lab.store.money.totals()).heldMicro).toBe(0)
  for (const { account } of world.owners) {
    for (const { id, money, answeredAtMs, endedAtMs, endReason } of await callsOf(
      world,
      account.id,
    )) {
      if (!money || endedAtMs === null) continue
      expect([money.heldMicro, typeof money.costMicro]).toEqual([0, 'number'])
      const paid = money.costMicro ?? 0
      const due =
        money.rate === null || answeredAtMs === null
          ? 0
          : costMicro(money.rate, endedAtMs - answeredAtMs)
      const isCut = endReason === 'insufficient_credits' || endReason === 'process_restarted'
      if (isCut) expect(paid).toBeLessThanOrEqual(due)
      else expect(paid).toBe(due)
      if (paid > 0) expect(world.phones.wasAnswered(id)).toBe(true)
    }
  }
}

/** Each account's log is numbered 1, 2, 3, ...; each call in it goes from state to state, and has one end. */
export async function expectWholeLogs(world: World): Promise<void> {
  const { events } = world.lab.store
  for (const { account } of world.owners) {
    const log = await events.after(account.id, 0, 100_000)
    expect(log.map(({ sequence }) => sequence)).toEqual(count(log.length))
    for (const { id, status } of await callsOf(world, account.id)) {
      const types = log.filter((event) => event.callId === id).map(({ type }) => type)
      const states = callStatuses.filter((one) => types.includes(`call.${one}` as never))
      const told = types
        .filter((type) => type.startsWith('call.'))
        .map((type) => type.slice('call.'.length))
        .filter((type) => (callStatuses as readonly string[]).includes(type))
      // In the order in which there are states, each once.
      expect(told).toEqual(states)
      expect(told.filter((one) => isFinal(one as never))).toEqual([status])
      const waits = (type: string) => types.filter((one) => one === type).length
      expect(waits('call.dequeued')).toBe(waits('call.enqueued'))
    }
  }
}
