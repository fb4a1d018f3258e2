import { expect, test } from 'vitest'
import type { Dialect } from '../../../engine/api/dialect.ts'
import { telefonie } from '../../../engine/api/dialects/telefonie/index.ts'
import {
  mailWriter,
  noticeRenderer,
  recordingUrls,
  transcriptUrls,
} from '../../../engine/compose/dialects.ts'
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
  sinceMs: 1_000,
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

test('what a voicemail box tells its own address is written by the dialect that does that', () => {
  const { call: _, ...rest } = delivery(null)
  const atMs = Date.parse('2026-01-02T03:04:05.678Z')
  const event = {
    ...rest.event,
    type: 'voicemail.left',
    callId: null,
    atMs,
    data: { boxId: 'VM1' },
  }
  const told = { ...rest, event, boxId: 'VM1' } as unknown as Delivery
  const request = noticeRenderer([telefonie], () => null)(told)
  expect(request).toMatchObject({ url: 'http://app.example/', method: 'POST' })
  expect(JSON.parse(request?.body ?? '')).toMatchObject({
    ...{ event: 'voicemail.left', call_id: null, at: '2026-01-02T03:04:05.678Z' },
    data: { box_id: 'VM1' },
  })
  const { renderBoxCallback: __, ...without } = telefonie
  expect(noticeRenderer([without], () => null)(told)).toBeUndefined()
})

test('e-mails of a number are written by the dialect that was asked', () => {
  const letter = { subject: 'a call', text: 'from here' }
  const write = mailWriter([telefonie, { ...telefonie, id: 'foreign', renderMail: () => letter }])
  expect(write(delivery('foreign'))).toEqual(letter)
  expect(write(delivery('telefonie'))).toBeUndefined()
  expect(write(delivery('gone'))).toBeUndefined()
})

test('an account may have links in its webhooks: they take the place of addresses that need a key', () => {
  const recordingId = '00000000-0000-4000-8000-000000000001' as RecordingId
  const told = { ...delivery(null), call: { ...row, recordingId } } as Delivery
  const bodyOf = (link?: Parameters<typeof noticeRenderer>[2]) =>
    String(noticeRenderer([telefonie], () => 'http://x.example/keyed', link)(told)?.body)
  expect(bodyOf()).toContain('http://x.example/keyed')
  const linked = bodyOf((account, id) =>
    account === accountId && id === recordingId ? 'http://x.example/listen' : undefined,
  )
  expect(linked).toContain('http://x.example/listen')
  expect(linked).not.toContain('keyed')
})

test('status callbacks and recordings are of the dialect that has them, and gone with it', () => {
  const { renderCallback: _, recordingPath: __, ...without } = telefonie
  expect(noticeRenderer([without], () => null)(delivery(null))).toBeUndefined()
  const id = '00000000-0000-4000-8000-000000000001' as RecordingId
  const urlOf = (dialects: readonly Dialect[]) => recordingUrls(dialects, 'http://x.example')(id)
  expect(urlOf([without, telefonie])).toBe(`http://x.example/v1/voice/recordings/${id}/media`)
  expect(urlOf([without])).toBeNull()
  const textUrlOf = (dialects: readonly Dialect[]) =>
    transcriptUrls(dialects, 'http://x.example')(id)
  expect(textUrlOf([telefonie])).toBe(`http://x.example/v1/voice/recordings/${id}`)
  expect(textUrlOf([])).toBeNull()
})
