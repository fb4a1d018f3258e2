import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BoxId, boxIdOf, type DeviceId } from '../../../../engine/core/ids.ts'
import { journalIdOf } from '../../../../engine/core/journal.ts'
import { plainBox } from '../../../../engine/core/ports/voicemail.ts'
import { boxFor } from '../../../support/left-voicemail.ts'
import { type FoneLab, openFoneLab } from './lab.ts'

let lab: FoneLab
beforeEach(async () => {
  lab = await openFoneLab()
})
afterEach(() => lab.close())

async function withBox(): Promise<{ deviceId: string; id: BoxId }> {
  const deviceId = await lab.device('desk')
  const { id } = (await lab.calls.store.devices.byUsername('desk')) ?? {}
  const box = boxFor(lab.calls.account.id, id as DeviceId, {
    options: { ...plainBox, name: 'Front desk', email: 'desk@mail.example' },
  })
  await lab.calls.store.voicemailBoxes.insert(box)
  return { deviceId, id: box.id }
}

test('the boxes of the account, as a call takes their ids', async () => {
  expect((await lab.ask('GET', '/v2/voicemails')).body).toEqual({ voicemails: [] })
  const { deviceId, id } = await withBox()
  const { status, body } = await lab.ask('GET', '/v2/voicemails')
  expect(status).toBe(200)
  expect(body).toEqual({
    voicemails: [
      {
        ...{ id, name: 'Front desk', label: 'Front desk', email: 'desk@mail.example' },
        ...{ devices: [deviceId], new_messages: 0, saved_messages: 0 },
      },
    ],
  })
})

test('who is called hears the greeting, leaves a message, and the call says so', async () => {
  const { id: box } = await withBox()
  const { calls } = lab
  const { id, answer } = await lab.ringing({
    ...{ fonenumber: '5005550100', to: '5005550140' },
    ...{ service_type: 'voicemail', service_id: box.toLowerCase() },
  })
  calls.sip.answered(id, 'v=0', 'x')
  expect((await answer).status).toBe(200)
  await calls.settle()
  expect(calls.nowPlaying(id)).toMatchObject({ path: /leave your message after the tone/ })
  await calls.finishPlay(id)
  await calls.settle()
  expect(calls.nowPlaying(id)).toMatchObject({ tone: 'beep' })
  await calls.finishPlay(id)
  await calls.clock.advance(3_000)
  calls.sip.remoteHangup(id, 'normal')
  await calls.settle()
  const left = await calls.store.voicemails.list(box, { page: 1, pageSize: 10 })
  expect(left.voicemails).toMatchObject([
    { folder: 'new', callId: id, from: '+15005550140', to: '+15005550100', durationMs: 2_000 },
  ])
  const entry = await calls.store.journal.get(calls.account.id, journalIdOf(id))
  expect(entry).toMatchObject({ status: 'voicemail', changes: expect.anything() })
})

test('a box of nobody is told before anybody is called', async () => {
  const body = {
    ...{ fonenumber: '5005550100', to: '5005550140', service_type: 'VoiceMail' },
    service_id: boxIdOf('00000000-0000-4000-8000-000000000001'),
  }
  expect(await lab.ask('POST', '/v2/calls', { body })).toMatchObject({
    ...{ status: 404, body: { code: 'not_found', field: 'service_id' } },
  })
  expect(lab.calls.commands).toEqual([])
})
