import { expect, test } from 'vitest'
import type { Dialect } from '../../../engine/api/dialect.ts'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import { noticeRenderer, recordingUrls } from '../../../engine/compose/dialects.ts'
import type { RecordingId } from '../../../engine/core/ids.ts'
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
  const render = noticeRenderer([telefonie, foreign], () => null)
  expect(render(delivery(null))).toMatchObject({ url: 'http://app.example/', method: 'POST' })
  expect(render(delivery('foreign'))?.url).toBe('http://app.example/foreign')
  // It is served, and has never written any.
  expect(render(delivery('telefonie'))).toBeUndefined()
  expect(render(delivery('gone'))).toBeUndefined()
})

test('status callbacks and recordings are of the dialect that has them, and gone with it', () => {
  const { renderCallback: _, recordingPath: __, ...without } = telefonie
  expect(noticeRenderer([without], () => null)(delivery(null))).toBeUndefined()
  const id = '00000000-0000-4000-8000-000000000001' as RecordingId
  const urlOf = (dialects: readonly Dialect[]) => recordingUrls(dialects, 'http://x.example')(id)
  expect(urlOf([without, telefonie])).toBe(`http://x.example/v1/voice/recordings/${id}/media`)
  expect(urlOf([without])).toBeNull()
})
