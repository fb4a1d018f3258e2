import { expect, test } from 'vitest'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { noticeRenderer } from '../../../engine/compose/dialects.ts'
import type { Delivery } from '../../../engine/core/ports/store.ts'
import { accountId, call, event } from '../store/fixtures.ts'

const row = call('a')
const delivery = (renderer: string | null): Delivery => ({
  id: 1,
  event: { ...event(row, 'call.queued'), accountId, sequence: 1 },
  call: row,
  url: 'http://app.example/',
  host: 'app.example',
  renderer,
  options: null,
  attempts: 0,
})

test('each webhook is written by whom it was asked for with; nobody stands in for one who is gone', () => {
  const foreign = {
    ...telefonie,
    id: 'foreign',
    renderNotice: ({ url }: Delivery) => ({ url: `${url}foreign`, method: 'GET' as const }),
  }
  const render = noticeRenderer([telefonie, foreign], ({ url }) => ({
    url: `${url}own`,
    method: 'POST',
  }))
  expect(render(delivery(null))?.url).toBe('http://app.example/own')
  expect(render(delivery('foreign'))?.url).toBe('http://app.example/foreign')
  // It is served, and has never written any.
  expect(render(delivery('telefonie'))).toBeUndefined()
  expect(render(delivery('gone'))).toBeUndefined()
})
