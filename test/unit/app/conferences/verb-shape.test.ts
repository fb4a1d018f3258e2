import { expect, test } from 'vitest'
import { writeVerbs } from '../../../../engine/api/dialects/telefonie/write-verbs.ts'
import { readVerbs } from '../../../../engine/app/verb-document.ts'

const id = '00000000-0000-4000-8000-0000000000aa'
const full = {
  ...{ verb: 'conference', name: 'Monday', pin: '4711', muted: true, moderator: true },
  ...{ label: 'Ann', coach: id, status_callback: 'https://app.example/x' },
  room: {
    ...{ max_participants: 5, record: true, moderator_pin: '98', start_on_moderator: true },
    ...{ wait_music_url: '', entry_sound: 'name', digit_menu: false, max_duration: 90 },
  },
}

test('read into what the engine does', () => {
  expect(readVerbs([full])).toEqual([
    {
      ...{ verb: 'conference', name: 'Monday', pin: '4711' },
      statusCallback: 'https://app.example/x',
      options: { muted: true, moderator: true, label: 'Ann', coaching: id },
      room: {
        ...{ maxParticipants: 5, record: true, moderatorPin: '98', startOnModerator: true },
        ...{ waitMusic: '', entrySound: 'name', digitMenu: false, maxDurationMs: 90_000 },
      },
    },
  ])
})

test.each([[full], [{ verb: 'conference', conference_id: id }]])(
  'written as it was read',
  (document) => {
    expect(writeVerbs(readVerbs([document]))).toEqual([document])
  },
)

test.each([
  [{ verb: 'conference' }, 'conference needs conference_id or name'],
  [{ verb: 'conference', name: 'a', conference_id: id }, 'conference needs conference_id or name'],
  [{ verb: 'conference', conference_id: 'x' }, 'x is not one of our ids'],
  [{ verb: 'conference', name: 'a', pin: 'abc' }, 'verbs/0/pin'],
  [{ verb: 'conference', name: 'a', room: { max_participants: 251 } }, 'max_participants'],
  [{ verb: 'conference', name: 'a', room: { colour: 'red' } }, 'verbs/0/room'],
  [{ verb: 'conference', name: 'a', kick: true }, 'verbs/0/kick: conference has no such field'],
])('%j is refused', (document, message) => {
  expect(() => readVerbs([document])).toThrow(message)
})
