import { expect, test } from 'vitest'
import type { Log } from '../../../engine/core/ports/observe.ts'
import { openCallLab, ownNumber, silentLog } from '../../support/call-lab.ts'

test.each([
  [2_900, 0],
  [3_100, 1],
])('an INVITE that leaves %i ms after the request: %i warnings', async (delayMs, warnings) => {
  const warned: unknown[] = []
  const log: Log = { ...silentLog, warn: (message, fields) => warned.push([message, fields]) }
  const lab = await openCallLab({
    ports: { log },
    media: {
      offer: async () => {
        await lab.clock.advance(delayMs)
        return 'v=0 late'
      },
    },
  })
  await lab.centre.placeCall(lab.account, { to: '+61498765432', from: ownNumber })
  await lab.settle()
  expect(warned).toHaveLength(warnings)
  expect(lab.metrics['accept_to_invite']).toBe(1)
  expect(lab.metrics['over budget accept_to_invite'] ?? 0).toBe(warnings)
})
