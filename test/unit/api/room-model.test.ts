/** What the page of a conference knows, and which of its tiles a piece of news touches. */
import { describe, expect, test } from 'vitest'

interface Changed {
  conference: boolean
  members: Set<string>
  gone: string[]
  levels: Set<string>
}
interface Room {
  members: Map<string, object>
  levels: Map<string, object>
  isOver: boolean
  take(event: string, data: object): Changed
  loudest(): string | undefined
}
interface Model {
  RoomModel: new () => Room
  share(levelDb: number): number
  statesOf(member: object): string[]
  fits(member: object, typed: string): boolean
}
const path = '../../../engine/api/pages/assets/room-model.js'
const { RoomModel, share, statesOf, fits } = (await import(path)) as Model

const member = (call_id: string, more: object = {}) => {
  return { call_id, label: null, party: `+${call_id}`, status: 'connected', ...more }
}
const conference = { id: 'c', active_speaker: null }
const level = (call_id: string, level_db = -20) => ({ call_id, level_db, speaking: true })
const room = () => {
  const made = new RoomModel()
  made.take('all', { conference, participants: [member('1'), member('2'), member('3')] })
  made.take('levels', { levels: [level('1'), level('2')] })
  return made
}

describe('news', () => {
  test('all: who is not there any more is gone, everybody is touched', () => {
    const made = room()
    const changed = made.take('all', { conference, participants: [member('2'), member('4')] })
    expect(changed.gone).toEqual(['1', '3'])
    expect([...changed.members]).toEqual(['2', '4'])
    expect(changed.conference).toBe(true)
    expect([...made.members.keys()]).toEqual(['2', '4'])
    expect([...made.levels.keys()]).toEqual(['2'])
  })

  test('participants and levels touch those that they name; others are as they were', () => {
    const made = room()
    const before = made.members.get('1')
    const changed = made.take('participants', { participants: [member('2', { muted: true })] })
    expect([changed.conference, [...changed.members], changed.gone]).toEqual([false, ['2'], []])
    expect(made.members.get('1')).toBe(before)
    expect([...made.members.keys()]).toEqual(['1', '2', '3'])
    const heard = made.take('levels', { levels: [level('3'), level('nobody')] })
    expect([[...heard.levels], heard.members.size]).toEqual([['3'], 0])
  })

  test('gone and ended; what is unknown changes nothing', () => {
    const made = room()
    expect(made.take('gone', { call_ids: ['1', 'nobody'] }).gone).toEqual(['1'])
    expect(made.levels.has('1')).toBe(false)
    const odd = made.take('constructor', {})
    expect([odd.conference, odd.members.size]).toEqual([false, 0])
    expect([made.isOver, made.take('ended', {}).conference, made.isOver]).toEqual([
      false,
      true,
      true,
    ])
  })

  test('the loudest by name, while he is there', () => {
    const made = room()
    expect(made.loudest()).toBeUndefined()
    made.take('conference', { conference: { ...conference, active_speaker: '2' } })
    expect(made.loudest()).toBe('+2')
    made.take('participants', { participants: [member('2', { label: 'Ben' })] })
    expect(made.loudest()).toBe('Ben')
    made.take('gone', { call_ids: ['2'] })
    expect(made.loudest()).toBeUndefined()
  })
})

test.each([
  [-127, 0],
  [-60, 0],
  [-30, 0.5],
  [0, 1],
  [6, 1],
])('%i dB fills %f of a bar', (levelDb, part) => {
  expect(share(levelDb)).toBe(part)
})

test('what is said of a member', () => {
  expect(statesOf(member('1'))).toEqual([])
  const much = { status: 'ringing', muted: true, hold: true, coaching: 'x', recording: true }
  expect(statesOf(member('1', much))).toEqual(['Rings', 'On hold', 'Muted', 'Coach', '● Rec'])
})

test('who is meant by what is typed', () => {
  const ben = member('15551001', { label: 'Ben Tailor' })
  expect(['', ' tail', 'BEN', '1001'].map((typed) => fits(ben, typed))).toEqual(Array(4).fill(true))
  expect(fits(ben, 'anna')).toBe(false)
})
