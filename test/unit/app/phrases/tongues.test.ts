/** What a provider of speech is handed when conferences, queues and calls are not in English. */

import { afterEach, beforeEach, expect, test } from 'vitest'
import { checkForms } from '../../../../engine/app/check-verbs.ts'
import { english, phrasesOf } from '../../../../engine/app/phrases/index.ts'
import type { Phrases } from '../../../../engine/app/phrases/phrases.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { Speech } from '../../../../engine/core/ports/speech.ts'
import type { SpokenIn } from '../../../../engine/core/spoken-in.ts'
import type { Verb } from '../../../../engine/core/verbs.ts'
import type { CallLab } from '../../../support/call-lab.ts'
import { type ConferenceLab, openConferenceLab } from '../conferences/conference-lab.ts'
import { openQueueLab } from '../queues/queue-lab.ts'
import { answers, twoParties } from '../two-parties.ts'

const german: SpokenIn = { language: 'de-AT', voice: null }
const french: SpokenIn = { language: null, voice: 'fr' }

let said: { text: string; voice: string | undefined }[]
let opened: CallLab[]
beforeEach(() => {
  said = []
  opened = []
})
afterEach(() => Promise.all(opened.map((lab) => lab.store.close())))

/** Keeps what is spoken from here on; the usual voice is one of that language. */
function overhear<Lab extends CallLab>(lab: Lab, usual = 'en'): Lab {
  opened.push(lab)
  const { synthesise, speak } = lab.ports.speech
  const note = ({ text, voice }: Parameters<Speech['speak']>[0]) => said.push({ text, voice })
  const usualOne = { id: `lab:${usual}`, name: usual, language: usual, provider: 'lab' }
  const heard: Partial<Speech> = {
    voices: () => [{ ...usualOne, rateHz: 8_000 }],
    voiceNamed: (name) => ({
      ...usualOne,
      id: name,
      language: name.replace('lab:', ''),
      rateHz: 1,
    }),
    synthesise: (request, signal) => {
      note(request)
      return synthesise(request, signal)
    },
    speak: (request, signal) => {
      note(request)
      return speak(request, signal)
    },
  }
  Object.assign(lab.ports.speech, heard)
  return lab
}

const has = (language: string): Phrases => phrasesOf(language) ?? english
const de = has('de')
const fr = has('fr')
const texts = () => said.splice(0).map(({ text }) => text)
const voicesHeard = () => new Set(said.map(({ voice }) => voice))

/** Ends one sound after the other, until there is none but music. */
async function hearOut(lab: CallLab, id: CallId): Promise<void> {
  for (let i = 0; i < 3; i++) {
    await lab.finishPlay(id)
    await lab.settle()
  }
}

async function germanRoom(lab: ConferenceLab, options = {}): Promise<CallId> {
  const room = { ...german, pin: '1234', moderatorPin: '98765', announceCount: true, ...options }
  return lab.dialIn({ name: 'room', options: room })
}

test('a German conference speaks German alone, at its door and inside', async () => {
  const lab = overhear(await openConferenceLab())
  const words = de.conference
  const first = await germanRoom(lab)
  expect(new Set(texts())).toEqual(new Set([words.askPin]))
  await lab.press(first, '99999')
  expect(texts()).toEqual([words.wrongPin])
  await lab.finishPlay(first)
  expect(new Set(texts())).toEqual(new Set([words.askPin]))
  await lab.press(first, '98765')
  expect(texts()).toEqual([words.count(1)])
  const second = await germanRoom(lab)
  await lab.press(second, '1234#')
  expect(texts()).toEqual(expect.arrayContaining([words.askPin, words.count(2)]))
  await hearOut(lab, second)
  await lab.press(second, '*1')
  await hearOut(lab, second)
  await lab.press(second, '*1')
  await lab.press(first, '*8')
  await lab.press(first, '*2')
  await lab.press(first, '*5')
  expect(texts()).toEqual([
    ...[words.muted, words.unmuted, words.othersMuted, words.count(2), words.locking],
  ])
  const third = await germanRoom(lab)
  await lab.press(third, '1234#')
  expect(texts()).toContain(words.locked)
})

test('its voice is one of its language, whatever the usual one speaks', async () => {
  const lab = overhear(await openConferenceLab(), 'it')
  await germanRoom(lab)
  expect(voicesHeard()).toEqual(new Set(['de-AT']))
  said = []
  const plain = await lab.dialIn({ name: 'other', options: { pin: '1234' } })
  expect(voicesHeard()).toEqual(new Set(['lab:it']))
  expect(new Set(texts())).toEqual(new Set([has('it').conference.askPin]))
  await lab.hangUp(plain)
})

test('names, refusals and the last minute are in its language', async () => {
  const lab = overhear(await openConferenceLab())
  const words = de.conference
  const options = { ...german, entrySound: 'name', maxParticipants: 2 } as const
  const room = await lab.room({ options: { ...options, maxDurationMs: 180_000 } })
  await lab.member(room)
  await lab.clock.advance(120_000)
  await lab.settle()
  expect(texts()).toEqual([words.oneMinuteLeft])
  const live = lab.live(room)
  await lab.addNumber('+15005550188', {
    ...{ kind: 'verbs', verbs: [{ verb: 'conference', conferenceId: room, options: {} }] },
  })
  const caller = await lab.incoming('+15005550188')
  await lab.settle()
  expect(texts()).toEqual([words.askName])
  await lab.hangUp(caller)
  await lab.member(room)
  expect(live.members.size).toBe(2)
  said = []
  await lab.incoming('+15005550188')
  await lab.settle()
  expect(texts()).toEqual([words.full])
})

test('a French queue tells its place in French, to one and to several, and its agents', async () => {
  const options = { ...french, announceEveryMs: 30_000, waitMusic: '', confirm: true }
  const lab = overhear(await openQueueLab(options, ['1001']))
  await lab.caller()
  await lab.caller()
  await lab.answers(lab.ringing('1001'))
  expect(said.map(({ voice }) => voice)).toEqual(['fr', 'fr', 'fr'])
  expect(texts()).toEqual([fr.queue.position(1), fr.queue.position(2), fr.queue.confirm])
})

test('whoever listens in is told of in the language of each phone', async () => {
  const { lab, caller, callee } = await twoParties()
  overhear(lab)
  await lab.store.accounts.update({ ...lab.account, listenNotice: 'words' })
  Object.assign(lab.calls.get(caller) ?? {}, { spokenIn: german })
  const listener = await lab.actions.listen(lab.account, caller, { to: '1003', mode: 'listen' })
  await lab.settle()
  await answers(lab, listener.id)
  expect(said).toEqual([
    { text: de.call.supervised, voice: 'de-AT' },
    { text: english.call.supervised, voice: 'lab:en' },
  ])
  expect(lab.nowOver(callee)).toMatchObject({ path: `/speech/${english.call.supervised}` })
})

test('the language of a call is that of the last conference, queue or box it was in', async () => {
  const lab = overhear(await openQueueLab(german))
  const caller = await lab.caller({}, [{ verb: 'pause', durationMs: 60_000 }])
  expect(lab.calls.get(caller)?.spokenIn).toMatchObject(german)
  const conferences = await openConferenceLab()
  opened.push(conferences)
  const member = await conferences.member(await conferences.room({ options: french }))
  expect(conferences.calls.get(member)?.spokenIn).toMatchObject(french)
})

test('where nothing is said a lead is told of in the language of the usual voice', async () => {
  const lab = overhear(await openConferenceLab(), 'es')
  const { id } = await lab.centre.triggerCall(lab.account, {
    ...{ agentPhone: '+61412345678', leadPhone: '+61498765432', leadName: 'Sarah' },
  })
  await lab.settle()
  await answers(lab, id)
  expect(said[0]).toEqual({ text: has('es').call.newLead('Sarah', undefined), voice: 'lab:es' })
})

/** Nobody here speaks Japanese, and there is no voice nobody. */
function fewVoices(lab: CallLab): void {
  opened.push(lab)
  const voice = { provider: 'lab', rateHz: 8_000 }
  const voiceNamed = (name: string) =>
    /^(?:de|fr)\b/.test(name) ? { ...voice, id: name, name, language: name } : undefined
  Object.assign(lab.ports.speech, { voiceNamed })
}

const unknown: [keyof SpokenIn, string][] = [
  ['language', 'deutsch'],
  ['language', 'xx-XX'],
  ['language', 'ja'],
  ['voice', 'nobody'],
]

test.each(unknown)('a conference with the %s %s is refused, new or not', async (field, value) => {
  const lab = await openConferenceLab()
  fewVoices(lab)
  const wrong = { [field]: value }
  const refused = { code: 'invalid_request', field, message: expect.stringContaining(value) }
  await expect(lab.room({ options: wrong })).rejects.toMatchObject(refused)
  const room = await lab.room({ options: german })
  await expect(lab.desk.change(lab.account.id, room, wrong)).rejects.toMatchObject(refused)
  expect(lab.live(room).record.options).toMatchObject(german)
  // What it was given in better times does not keep it from being changed.
  Object.assign(lab.ports.speech, { voiceNamed: () => undefined })
  await lab.desk.change(lab.account.id, room, { locked: true })
  expect(lab.live(room).record.options).toMatchObject({ ...german, locked: true })
})

test.each(unknown)('a queue with the %s %s is refused, new or not', async (field, value) => {
  const lab = await openQueueLab(german)
  fewVoices(lab)
  const wrong = { [field]: value }
  const refused = { code: 'invalid_request', field, message: expect.stringContaining(value) }
  const made = lab.desk.create(lab.account, { name: 'other', options: wrong })
  await expect(made).rejects.toMatchObject(refused)
  await expect(lab.desk.change(lab.account.id, lab.id, wrong)).rejects.toMatchObject(refused)
  expect(lab.queue().record.options).toMatchObject(german)
})

test.each(unknown)('a verb that makes one with the %s %s is, too', async (field, value) => {
  const lab = await openConferenceLab()
  fewVoices(lab)
  const room = { [field]: value }
  const refused = expect.objectContaining({ code: 'invalid_request', field })
  const verbs: Verb[] = [{ verb: 'conference', name: 'room', options: {}, room }]
  expect(() => checkForms(lab.ports, verbs)).toThrow(refused)
})
