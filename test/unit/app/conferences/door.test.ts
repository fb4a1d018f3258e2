import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { Verb } from '../../../../engine/core/verbs.ts'
import { type ConferenceLab, openConferenceLab } from './conference-lab.ts'

let lab: ConferenceLab
beforeEach(async () => {
  lab = await openConferenceLab()
})
afterEach(() => lab.store.close())

const hears = (id: CallId) => (lab.nowPlaying(id) as { path?: string } | undefined)?.path
const only = () => {
  const [conference, ...others] = lab.calls.conferences.all()
  expect(others).toEqual([])
  return conference!
}
const membersNow = () => lab.desk.participants(lab.account.id, only().id)

describe('by number', () => {
  test('callers of one number meet in one room, made by the first; a new one after its end', async () => {
    const [a, b] = [await lab.dialIn(), await lab.dialIn()]
    expect(only().record).toMatchObject({ friendlyName: 'room', status: 'in-progress' })
    expect((await membersNow()).map(({ callId }) => callId)).toEqual([a, b])
    const first = only().id
    await lab.hangUp(a)
    await lab.hangUp(b)
    await lab.dialIn()
    expect(only().id).not.toBe(first)
  })

  test('two who come at once make one room', async () => {
    await lab.addNumber('+15005550190', { kind: 'conference', name: 'x' })
    await Promise.all([lab.incoming('+15005550190'), lab.incoming('+15005550190')])
    await lab.settle()
    expect(await membersNow()).toHaveLength(2)
  })

  test('the PIN: asked for by voice, the right one lets him in', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234', moderatorPin: '98765' } })
    expect(hears(a)).toContain('Please enter the conference PIN')
    expect(only().members.size).toBe(0)
    await lab.press(a, '1234#')
    expect(await membersNow()).toMatchObject([{ callId: a, moderator: false }])
    const b = await lab.dialIn()
    await lab.press(b, '98765')
    expect(await membersNow()).toMatchObject([{}, { callId: b, moderator: true }])
  })

  test('only moderators have a PIN: who enters nothing is a member', async () => {
    const options = { moderatorPin: '98765' }
    const a = await lab.dialIn({ name: 'room', options })
    await lab.press(a, '#')
    expect(await membersNow()).toMatchObject([{ callId: a, moderator: false }])
    const b = await lab.dialIn({ name: 'room', options })
    await lab.press(b, '11111')
    expect(hears(b)).toContain('not right')
    await lab.finishPlay(b)
    await lab.press(b, '98765')
    expect(await membersNow()).toMatchObject([{}, { callId: b, moderator: true }])
  })

  test('the PIN of the number is asked even though a room of that name is there already', async () => {
    const id = await lab.room({ friendlyName: 'room' })
    const options = { pin: '4711', moderatorPin: '9999' }
    const a = await lab.dialIn({ name: 'room', options })
    expect(hears(a)).toContain('Please enter the conference PIN')
    await lab.press(a, '4711')
    const b = await lab.dialIn({ name: 'room', options })
    await lab.press(b, '9999')
    expect(await lab.desk.participants(lab.account.id, id)).toMatchObject([
      { callId: a, moderator: false },
      { callId: b, moderator: true },
    ])
  })

  test('a room with PINs of its own asks for those', async () => {
    await lab.room({ friendlyName: 'room', options: { pin: '1234' } })
    const a = await lab.dialIn({ name: 'room', options: { pin: '4711', moderatorPin: '9999' } })
    await lab.press(a, '4711')
    expect(hears(a)).toContain('not right')
    await lab.finishPlay(a)
    await lab.press(a, '1234')
    expect(await membersNow()).toMatchObject([{ callId: a, moderator: false }])
  })

  test('who enters what all enter is no moderator', async () => {
    await lab.room({ friendlyName: 'room', options: { moderatorPin: '4711' } })
    const a = await lab.dialIn({ name: 'room', options: { pin: '4711' } })
    await lab.press(a, '4711')
    expect(await membersNow()).toMatchObject([{ callId: a, moderator: false }])
  })

  test('# ends a PIN and is no try of its own', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234' } })
    for (const wrong of ['1111#', '#2222#', '##']) {
      expect(hears(a)).toContain('Please enter')
      await lab.press(a, wrong)
      if (wrong === '##') break
      expect(hears(a)).toContain('not right')
      await lab.finishPlay(a)
    }
    expect(hears(a)).toContain('Please enter')
    await lab.press(a, '1234#')
    expect(await membersNow()).toMatchObject([{ callId: a }])
  })

  test('who only ever presses # is not asked for ever', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234' } })
    await lab.press(a, '######')
    expect(hears(a)).toContain('could not let you in')
  })

  test('the # of his PIN is not the end of his name', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234', entrySound: 'name' } })
    await lab.press(a, '1234#')
    expect(hears(a)).toContain('say your name')
    await lab.finishPlay(a)
    await lab.finishPlay(a)
    expect(lab.calls.conferences.names.size).toBe(1)
    expect(only().members.size).toBe(0)
    await lab.clock.advance(5_000)
    await lab.settle()
    expect(only().members.size).toBe(1)
  })

  test('a moderator comes into a locked room, others do not', async () => {
    const options = { pin: '1234', moderatorPin: '9999' }
    const id = await lab.room({ friendlyName: 'room', options })
    await lab.member(id)
    await lab.desk.change(lab.account.id, id, { locked: true })
    const a = await lab.dialIn()
    await lab.press(a, '1234')
    expect(hears(a)).toContain('This conference is locked')
    const b = await lab.dialIn()
    await lab.press(b, '9999')
    expect(await membersNow()).toMatchObject([{}, { callId: b, moderator: true }])
    await expect(lab.member(id)).rejects.toMatchObject({ code: 'conference_locked' })
    await lab.member(id, { moderator: true })
    expect(await membersNow()).toHaveLength(3)
  })

  test('three wrong PINs: told, and hung up', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234' } })
    for (const wrong of ['1111', '2222', '3333']) {
      expect(hears(a)).toContain('Please enter')
      await lab.press(a, wrong)
      expect(hears(a)).toContain(wrong === '3333' ? 'could not let you in' : 'not right')
      await lab.finishPlay(a)
    }
    await lab.settle()
    expect(lab.calls.get(a)).toBeUndefined()
    expect(only().members.size).toBe(0)
  })

  test('what he enters stands in no event and in no answer', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '471147' } })
    await lab.press(a, '999999')
    await lab.finishPlay(a)
    await lab.press(a, '471147#')
    await lab.press(a, '5')
    expect(await membersNow()).toHaveLength(1)
    const events = await lab.store.events.ofCall(lab.account.id, a)
    const keys = events.filter(({ type }) => type === 'digit.received')
    expect(keys.map(({ data }) => data['digit'])).toEqual(['#', '5'])
    expect(await lab.centre.getCall(lab.account.id, a)).toMatchObject({ gathered: null })
    expect(JSON.stringify([events, await lab.events(only().id)])).not.toMatch(/4711|9999/)
  })

  test('the room ends while he is asked: there is a new one for him', async () => {
    const options = { pin: '1234' }
    const a = await lab.dialIn({ name: 'room', options })
    const first = only().id
    await lab.desk.end(lab.account.id, first)
    await lab.press(a, '1234#')
    expect(await membersNow()).toMatchObject([{ callId: a }])
    expect(only().id).not.toBe(first)
  })

  test('the PIN was changed, and the room ends while he is asked: he is asked for that of the new one', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234' } })
    const first = only().id
    await lab.desk.change(lab.account.id, first, { pin: '5678' })
    const b = await lab.dialIn({ name: 'room', options: { pin: '1234' } })
    await lab.desk.end(lab.account.id, first)
    await lab.press(b, '5678')
    expect(lab.calls.get(b)?.state.at).toBe('up')
    expect(hears(b)).toContain('Please enter the conference PIN')
    await lab.press(b, '1234')
    await lab.press(a, '1234')
    expect(await membersNow()).toHaveLength(2)
  })

  test('somebody comes in the moment in which the last one leaves: a new room', async () => {
    const a = await lab.dialIn()
    const first = only().id
    const { commit } = lab.store.conferences
    const slow = Promise.withResolvers<void>()
    lab.store.conferences.commit = async (...all) => {
      await slow.promise
      return commit(...all)
    }
    await lab.hangUp(a)
    const b = await lab.dialIn()
    slow.resolve()
    await lab.settle()
    await lab.settle()
    expect(await membersNow()).toMatchObject([{ callId: b }])
    expect(only().id).not.toBe(first)
  })

  test('nine wrong ones from a number: it is not asked again for ten minutes, others are', async () => {
    await lab.addNumber('+15005550199', {
      ...{ kind: 'conference', name: 'room', options: { pin: '1234' } },
    })
    const from = (number: string) => lab.incoming('+15005550199', number)
    const tryThrice = async (call: CallId) => {
      for (const wrong of ['1111', '2222', '3333']) {
        await lab.press(call, wrong)
        await lab.finishPlay(call)
      }
      await lab.settle()
      expect(lab.calls.get(call)).toBeUndefined()
    }
    for (let i = 0; i < 3; i++) await tryThrice(await from('+61411111111'))
    const barred = await from('+61411111111')
    await lab.settle()
    expect(hears(barred)).toContain('could not let you in')
    await lab.press(barred, '1234')
    await lab.finishPlay(barred)
    await lab.settle()
    expect(lab.calls.get(barred)).toBeUndefined()
    const other = await from('+61422222222')
    await lab.press(other, '1234')
    expect(await membersNow()).toMatchObject([{ callId: other }])
    await lab.clock.advance(600_000)
    const again = await from('+61411111111')
    await lab.press(again, '1234')
    expect(await membersNow()).toMatchObject([{ callId: other }, { callId: again }])
  })

  test('nobody at the keys: tried three times, then hung up', async () => {
    const a = await lab.dialIn({ name: 'room', options: { pin: '1234' } })
    for (let i = 0; i < 6 && lab.calls.get(a); i++) {
      await lab.finishPlay(a)
      await lab.clock.advance(10_000)
    }
    await lab.finishPlay(a)
    await lab.settle()
    expect(lab.calls.get(a)).toBeUndefined()
  })

  test.each([
    ['full', { maxParticipants: 2 }, 'This conference is full'],
    ['locked', { locked: true }, 'This conference is locked'],
  ])('%s: told by voice, and hung up', async (_why, options, text) => {
    const id = await lab.room({ friendlyName: 'room', options: { ...options, locked: false } })
    await lab.member(id)
    await lab.member(id)
    await lab.desk.change(lab.account.id, id, options)
    const a = await lab.dialIn()
    expect(hears(a)).toContain(text)
    await lab.finishPlay(a)
    await lab.settle()
    expect(lab.calls.get(a)).toBeUndefined()
  })

  test.each([
    ['wrong_pin', { pin: '1234' }, '111122223333'],
    ['conference_locked', { locked: true }, ''],
    ['conference_locked', { locked: true, pin: '1234', moderatorPin: '9999' }, '1234'],
    ['conference_full', { maxParticipants: 2 }, ''],
  ])('who is not let in is told of: %s', async (reason, options, keys) => {
    const id = await lab.room({ friendlyName: 'room' })
    await lab.member(id)
    await lab.member(id)
    await lab.desk.change(lab.account.id, id, options)
    const callId = await lab.dialIn()
    await lab.press(callId, keys)
    for (let n = 0; n < 4; n++) await lab.finishPlay(callId)
    await lab.settle()
    const refused = (await lab.events(id)).filter(({ type }) => type === 'participant.refused')
    expect(refused.map(({ data }) => data)).toEqual([{ callId, reason }])
    expect(await membersNow()).toHaveLength(2)
  })

  test('his name: recorded at the door, heard when he comes and goes, gone afterwards', async () => {
    const discarded: string[] = []
    await lab.store.close()
    const files = { discard: async (path: string) => void discarded.push(path) }
    lab = await openConferenceLab()
    Object.assign(lab.ports.recordingFiles, files)
    const options = { entrySound: 'name', exitSound: 'name' } as const
    const id = await lab.room({ friendlyName: 'room', options })
    await lab.member(id)
    const a = await lab.dialIn()
    expect(hears(a)).toContain('say your name')
    await lab.finishPlay(a)
    await lab.finishPlay(a)
    await lab.clock.advance(5_000)
    await lab.settle()
    const inRoom = () => hears(id as string as CallId)
    expect(inRoom()).toContain('/scratch/')
    await lab.finishPlay(id as string as CallId)
    expect(inRoom()).toContain('has joined')
    await lab.finishPlay(id as string as CallId)
    await lab.hangUp(a)
    expect(inRoom()).toContain('/scratch/')
    expect(discarded).toEqual([])
    await lab.clock.advance(60_000)
    expect(discarded).toHaveLength(1)
    expect(lab.calls.conferences.names.size).toBe(0)
  })

  test('his name: of who is not let in nothing is kept', async () => {
    const discarded: string[] = []
    Object.assign(lab.ports.recordingFiles, {
      discard: async (path: string) => void discarded.push(path),
    })
    const id = await lab.room({ friendlyName: 'room', options: { entrySound: 'name' } })
    await lab.member(id)
    const a = await lab.dialIn()
    await lab.finishPlay(a)
    await lab.finishPlay(a)
    await lab.desk.change(lab.account.id, id, { locked: true })
    await lab.clock.advance(5_000)
    await lab.settle()
    expect(hears(a)).toContain('is locked')
    expect(discarded).toHaveLength(1)
  })

  test('where nothing can speak tones ask and refuse', async () => {
    await lab.store.close()
    const dumb = { synthesise: () => Promise.reject(new Error('no program that speaks')) }
    lab = await openConferenceLab()
    Object.assign(lab.ports.speech, dumb)
    const a = await lab.dialIn({ name: 'room', options: { pin: '12' } })
    expect(lab.nowPlaying(a)).toMatchObject({ tone: 'beep' })
    await lab.finishPlay(a)
    await lab.press(a, '12')
    expect(await membersNow()).toHaveLength(1)
  })
})

describe('the verb', () => {
  const dialVerbs = async (verbs: readonly Verb[]) => {
    const number = `+1500555018${lab.calls.size}`
    await lab.addNumber(number, { kind: 'verbs', verbs })
    const id = await lab.incoming(number)
    await lab.settle()
    await lab.settle()
    return id
  }

  test('into a room by name; when that is over the list goes on', async () => {
    const a = await dialVerbs([
      { verb: 'conference', name: 'V', options: { label: 'Ann', muted: true } },
      { verb: 'say', text: 'bye' },
    ])
    const { id } = only()
    expect(await membersNow()).toMatchObject([{ callId: a, label: 'Ann', muted: true }])
    await lab.desk.end(lab.account.id, id)
    await lab.settle()
    expect(hears(a)).toBe('/speech/bye')
    expect((await lab.logOf(a)).filter((type) => type.startsWith('verb.'))).toEqual([
      'verb.started',
      'verb.ended',
      'verb.started',
    ])
  })

  test('by id, with a PIN of its own; a moderator by the verb', async () => {
    const id = await lab.room()
    const a = await dialVerbs([
      { verb: 'conference', conferenceId: id, pin: '77', options: { moderator: true } },
    ])
    expect(hears(a)).toContain('Please enter')
    await lab.press(a, '77')
    expect(await membersNow()).toMatchObject([{ callId: a, moderator: true }])
  })

  test('its PIN is asked where the room was made without, the room’s where it has one', async () => {
    const id = await lab.room({ friendlyName: 'V' })
    const verb = { verb: 'conference', name: 'V', options: {} } as const
    const a = await dialVerbs([{ ...verb, pin: '77' }])
    expect(hears(a)).toContain('Please enter')
    await lab.press(a, '77')
    await lab.desk.change(lab.account.id, id, { pin: '88' })
    const b = await dialVerbs([verb])
    await lab.press(b, '88')
    expect(await membersNow()).toMatchObject([{ callId: a }, { callId: b }])
  })

  test('a room that is another account’s, or nobody’s, fails the program', async () => {
    const nobody = '00000000-0000-4000-8000-00000000dead' as ReturnType<typeof only>['id']
    const a = await dialVerbs([{ verb: 'conference', conferenceId: nobody, options: {} }])
    expect(await lab.logOf(a)).toContain('program.failed')
  })

  test('kicked: the list does not go on', async () => {
    const a = await dialVerbs([
      { verb: 'conference', name: 'V', options: {} },
      { verb: 'say', text: 'bye' },
    ])
    await lab.desk.kick(lab.account.id, only().id, a)
    await lab.settle()
    expect(lab.calls.get(a)).toBeUndefined()
    expect(lab.commands.filter((one) => one === 'media.play c1 wav')).toEqual([])
  })
})

describe('the keys', () => {
  test.each([
    ['*1', { muted: true }],
    ['*1*1', { muted: false }],
    ['*4', { listenVolumeDb: -5 }],
    ['*6*6', { listenVolumeDb: 10 }],
    ['*7', { volumeDb: -5 }],
    ['*9*9*9*9*9', { volumeDb: 20 }],
    ['1', { muted: false }],
    ['**1', { muted: false }],
  ])('%s', async (keys, expected) => {
    const a = await lab.dialIn()
    await lab.dialIn()
    await lab.press(a, keys)
    expect((await membersNow())[0]).toMatchObject(expected)
  })

  test('*2 says how many there are', async () => {
    const a = await lab.dialIn()
    await lab.dialIn()
    await lab.press(a, '*2')
    expect(hears(a)).toContain('There are 2 people')
  })

  test('only moderators lock, and mute all the others', async () => {
    const [a, b] = [await lab.dialIn(), await lab.dialIn()]
    await lab.press(a, '*5*8')
    expect(only().record.options.locked).toBe(false)
    await lab.desk.changeParticipant(lab.account.id, only().id, a, { moderator: true })
    await lab.press(a, '*5*8')
    expect(only().record.options.locked).toBe(true)
    expect(await membersNow()).toMatchObject([
      { callId: a, muted: false },
      { callId: b, muted: true },
    ])
  })

  test('a key that comes too late, or without a menu, does nothing', async () => {
    const a = await lab.dialIn()
    await lab.press(a, '*')
    await lab.clock.advance(4_001)
    await lab.press(a, '1')
    await lab.desk.change(lab.account.id, only().id, { digitMenu: false })
    await lab.press(a, '*1')
    expect(await membersNow()).toMatchObject([{ muted: false }])
  })
})
