import { describe, expect, test } from 'vitest'
import { pinFits } from '../../../../engine/app/voicemail/pin.ts'
import {
  box,
  inBox,
  lab,
  log,
  press,
  settled,
  untilHeard,
  useOwnerLab,
  walk,
  withBox,
} from './owner-lab.ts'

useOwnerLab()

describe('options', () => {
  test('a greeting is recorded, heard, kept', async () => {
    await withBox(0)
    const id = await inBox()
    await walk(id, [
      ['0', /greeting when you do not/],
      ['1', /record it press 1/],
      ['1', /speak after the tone/],
    ])
    await walk(id, [['end', /^beep/]])
    await lab.finishPlay(id)
    await settled()
    await press(id, '#')
    await untilHeard(id, /^message 0/)
    await walk(id, [
      ['end', /keep it press 1/],
      ['2', /^message 0/],
      ['end', /keep it/],
      ['1', /from now on/],
    ])
    const { greetings } = (await lab.store.voicemailBoxes.get(lab.account.id, box.id))!
    expect(greetings).toEqual({ unavailable: { kind: 'file', file: 'kept.wav' } })
    await walk(id, [
      ['2', /^message 0/],
      ['3', /standard greeting is used from/],
    ])
    const after = await lab.store.voicemailBoxes.get(lab.account.id, box.id)
    expect(after?.greetings).toEqual({})
  })

  test('a new PIN counts, the old one does not, and neither stands in the log', async () => {
    await withBox(0)
    const id = await inBox()
    await walk(id, [['04', /enter the new PIN/]])
    await press(id, '7391#')
    await untilHeard(id, /once more/)
    await press(id, '7391#')
    await untilHeard(id, /PIN is changed/)
    const { pinHash } = (await lab.store.voicemailBoxes.get(lab.account.id, box.id))!
    expect(await pinFits(pinHash ?? '', '7391')).toBe(true)
    expect(JSON.stringify(await log())).not.toContain('7391')
  })

  test.each([
    ['two different ones', '7391#', '7392#', /not the same/],
    ['one that is easy to guess', '1111#', '1111#', /can not be a PIN/],
  ])('%s change nothing', async (_, first, second, answer) => {
    await withBox(0)
    const id = await inBox()
    await walk(id, [['04', /enter the new PIN/]])
    await press(id, first)
    await untilHeard(id, /once more/)
    await press(id, second)
    await untilHeard(id, answer)
    expect((await lab.store.voicemailBoxes.get(lab.account.id, box.id))?.pinHash).toBe(box.pinHash)
  })
})

test('the recording of the call goes on beside a greeting, and a key before the tone does not end that', async () => {
  await withBox(0)
  const id = await inBox()
  await lab.actions.record(lab.account.id, id, { action: 'start' })
  await walk(id, [
    ['0', /greeting when you do not/],
    ['1', /record it press 1/],
    ['1', /speak after the tone/],
    ['1', /^beep/],
    ['end', /^$/],
  ])
  await lab.clock.advance(5_000)
  expect(lab.commands.filter((line) => line.startsWith('media.stopRecording'))).toEqual([])
  await press(id, '#')
  await untilHeard(id, /^message 0/)
  const page = { page: 1, pageSize: 9 }
  const { recordings } = await lab.store.recordings.list(lab.account.id, page)
  expect(recordings).toMatchObject([{ status: 'in-progress' }])
})
