import { expect, test } from 'vitest'
import { renderLogged } from '../../../engine/api/dialects/telefonie/event-values.ts'
import type { LoggedEvent } from '../../../engine/core/events.ts'

test('the rows in an event are spelled as the event itself is', () => {
  const event = {
    ...{ sequence: 1, type: 'recording.paused', callId: null, atMs: 0 },
    data: {
      lostMs: 5,
      spans: [{ kind: 'paused', startMs: 20, endMs: 20, heldMs: 40 }],
      of: ['aB'],
    },
  } as unknown as LoggedEvent
  expect(renderLogged(event).data).toEqual({
    ...{ lost_ms: 5, of: ['aB'] },
    spans: [{ kind: 'paused', start_ms: 20, end_ms: 20, held_ms: 40 }],
  })
})
