/** What the pages of conferences call things. */
import { expect, test } from 'vitest'

interface Words {
  roomName(name: string): string
  roomChips(conference: object): [string, string][]
  outcomeOf(name: string, status: string): string
  muteAll(members: readonly object[]): { muted: boolean; callIds: string[] }
}
const path = '../../../engine/api/pages/assets/room-words.js'
const { roomName, roomChips, outcomeOf, muteAll } = (await import(path)) as Words

test('a room without a name is called by the beginning of its id', () => {
  expect(roomName('275df6d9-1111-4222-8333-444444444444')).toBe('Room 275df6d9')
  expect([roomName('Monday'), roomName('')]).toEqual(['Monday', 'Conference'])
})

test('an empty room is not recorded yet; PINs and the lock are said until it is over', () => {
  const plain = { status: 'init', recording_id: null, record: false, locked: false }
  const texts = (more: object) => roomChips({ ...plain, ...more }).map(([text]) => text)
  expect(texts({})).toEqual(['Not begun'])
  expect(texts({ recording_id: 'r' })).toEqual(['Not begun', 'Will be recorded'])
  expect(texts({ record: true })).toEqual(['Not begun', 'Will be recorded'])
  const live = { status: 'in-progress', recording_id: 'r', has_pin: true, locked: true }
  expect(texts(live)).toEqual(['Live', '● Recording', 'Locked', 'PIN'])
  expect(texts({ status: 'in-progress', record: true })).toEqual(['Live'])
  expect(texts({ ...live, status: 'completed' })).toEqual(['Over'])
})

test.each([
  ['busy', '+1500 is busy'],
  ['no-answer', '+1500 does not answer'],
  ['failed', '+1500 could not be reached'],
  ['constructor', '+1500 could not be reached'],
])('who is called and ends as %s', (status, told) => {
  expect(outcomeOf('+1500', status)).toBe(told)
})

test('all are muted but moderators and those who are not there; then that is ended', () => {
  const member = (call_id: string, muted: boolean, more: object = {}) => {
    return { call_id, muted, moderator: false, status: 'connected', ...more }
  }
  const others = [
    member('m', false, { moderator: true }),
    member('r', false, { status: 'ringing' }),
  ]
  expect(muteAll([member('1', false), member('2', true), ...others])).toEqual({
    ...{ muted: true, callIds: ['1'] },
  })
  expect(muteAll([member('1', true), member('2', true), ...others])).toEqual({
    ...{ muted: false, callIds: ['1', '2'] },
  })
  expect(muteAll(others)).toEqual({ muted: true, callIds: [] })
})
