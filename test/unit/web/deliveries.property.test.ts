import { expect, test } from 'vitest'
import { startDeliveries } from '../../../engine/web/index.ts'
import fc from '../../support/property.ts'
import { VirtualClock } from '../../support/virtual-clock.ts'
import { accountId, call, event, memoryStore } from '../store/fixtures.ts'
import { asJson, loopback, serve, testLog } from './server.ts'

const statuses = ['queued', 'ringing', 'in-progress', 'completed'] as const
const behaviour = fc.constantFrom('ok', 'ok', 'error', 'close', 'hang', 'gone')

test('whatever the receivers do, each call is told in order, and everything ends', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(behaviour, { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 3 }),
      async (behaviours, callCount, hostCount) => {
        const clock = new VirtualClock()
        const store = await memoryStore(clock)
        /** Sequence numbers as they came, per call; and those that the receiver is done with. */
        const told = new Map<string, number[]>()
        const finished = new Map<string, number>()
        let turn = 0
        const server = await serve((request, response) => {
          const { id, sequence } = JSON.parse(request.body) as { id: string; sequence: number }
          const came = [...(told.get(id) ?? []), sequence]
          told.set(id, came)
          // Five failures at most, so that the back-off stays short.
          const isPatient = came.filter((one) => one === sequence).length <= 5
          const does = (isPatient ? behaviours[turn++] : undefined) ?? 'ok'
          if (does === 'ok' || does === 'gone') finished.set(id, sequence)
          if (does === 'close') response.destroy()
          else if (does !== 'hang')
            response.writeHead({ ok: 200, error: 500, gone: 410 }[does]).end()
        }, '0.0.0.0')
        const deliveries = startDeliveries({
          outbox: store.outbox,
          allowed: loopback,
          secrets: async () => ['key'],
          render: asJson(({ call, event }) => ({ id: call?.id, sequence: event.sequence })),
          clock,
          log: testLog(),
          metrics: { webhook: () => undefined },
        })
        const sent = new Map<string, number[]>()
        for (const [index, status] of statuses.entries()) {
          for (let number = 0; number < callCount; number++) {
            const host = `127.0.0.${(number % hostCount) + 1}:${server.port}`
            const row = call(number, { status, statusCallback: `http://${host}/` })
            await store.calls.commit(row, [event(row, `call.${status}`, clock.nowMs())])
            sent.set(row.id, [...(sent.get(row.id) ?? []), index * callCount + number + 1])
          }
        }
        for (let round = 0; (await store.outbox.nextDueMs()) !== undefined; round++) {
          expect(round, 'rounds until everything is told').toBeLessThan(2_000)
          await clock.advance(500)
          await new Promise((resolve) => setTimeout(resolve, 1))
        }
        for (const [id, sequences] of sent) {
          const came = told.get(id) ?? []
          expect([...new Set(came)]).toEqual(sequences)
          expect(came).toEqual(came.toSorted((a, b) => a - b))
          expect(finished.get(id)).toBe(sequences.at(-1))
        }
        await deliveries.close()
        const events = await store.events.after(accountId, 0, 1_000)
        expect(events.map((one) => one.sequence)).toEqual(events.map((_, index) => index + 1))
        await store.close()
      },
    ),
    { numRuns: 12 },
  )
})
