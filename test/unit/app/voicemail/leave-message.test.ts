/** A caller leaves a message: every way in which that ends. */

import { describe, expect, test } from 'vitest'
import { Failure } from '../../../../engine/core/failures.ts'
import { atBox, boxLab, boxNumber, sceneOf } from './lab.ts'

const unavailable = expect.stringContaining('is not available')
const saved = expect.stringContaining('has been saved')
const reviewMenu = expect.stringContaining('To hear your message')

describe('a message', () => {
  test('greeting, tone, words, hang-up: it is there, and the lamp is told', async () => {
    const scene = await atBox()
    expect(await scene.hearAll()).toEqual([unavailable, 'beep'])
    expect(scene.lab.commands).toContain('media.record c1 received')
    await scene.says('speech', 2)
    expect(await scene.messages()).toEqual([])
    await scene.hangUp()
    expect(await scene.messages()).toMatchObject([
      { from: '+61411111111', folder: 'new', urgent: false, durationMs: 2_000, reason: 'direct' },
    ])
    expect(await scene.events()).toEqual(['voicemail.left'])
    expect(scene.lab.commands).toContain('sip.mailboxChanged desk')
    expect(scene.lab.calls.leaving.size).toBe(0)
    const { recordings } = await scene.lab.store.recordings.list(scene.lab.account.id, {
      ...{ page: 1, pageSize: 9 },
    })
    expect(recordings).toMatchObject([{ source: 'voicemail', status: 'completed' }])
  })

  test.each([
    ['#', async (scene: Awaited<ReturnType<typeof atBox>>) => scene.press('#')],
    ['silence', async (scene: Awaited<ReturnType<typeof atBox>>) => scene.says('silence', 6)],
    ['the limit', (scene: Awaited<ReturnType<typeof atBox>>) => scene.lab.clock.advance(180_000)],
  ])('ends by %s, and is saved by 3', async (_by, end) => {
    const scene = await atBox()
    await scene.hearAll()
    await scene.says('speech', 2)
    await end(scene)
    await scene.lab.settle()
    expect(await scene.hearAll(1)).toEqual([reviewMenu])
    await scene.press('3')
    expect(await scene.messages()).toHaveLength(1)
    expect(await scene.hearAll()).toEqual([saved])
    expect(scene.lab.commands.at(-1)).toMatch(/sip.bye c1|media.close c1/)
  })

  test('keys other than # are part of it', async () => {
    const scene = await atBox()
    await scene.hearAll()
    await scene.press('5')
    expect(scene.lab.commands.filter((line) => line.startsWith('media.stopRecording'))).toEqual([])
  })

  test('the greeting can be skipped by # and 1', async () => {
    for (const key of '#1') {
      const scene = await atBox()
      await scene.press(key)
      expect(await scene.hearAll()).toEqual(['beep'])
    }
  })

  test('who hangs up in the greeting leaves nothing', async () => {
    const scene = await atBox()
    await scene.hangUp()
    expect([await scene.messages(), await scene.events()]).toEqual([[], []])
    expect(await scene.lab.store.voicemails.drafts()).toEqual([])
  })

  test('silence is no message, and he may try again', async () => {
    const scene = await atBox({ finishMessage: async () => undefined })
    await scene.hearAll()
    await scene.press('#')
    expect(await scene.hearAll(2)).toEqual([expect.stringContaining('too short'), 'beep'])
    await scene.hangUp()
    expect([await scene.messages(), await scene.events()]).toEqual([[], []])
    expect(await scene.lab.store.voicemails.drafts()).toEqual([])
    expect(scene.lab.calls.leaving.size).toBe(0)
  })

  test('what is shorter than the box takes is not kept', async () => {
    const scene = await atBox({ box: { minMessageMs: 3_000 } })
    const erased: string[] = []
    Object.assign(scene.lab.ports.recordingFiles, {
      erase: async ({ id }: { id: string }) => void erased.push(id),
    })
    await scene.hearAll()
    await scene.says('speech', 2)
    await scene.hangUp()
    expect(await scene.messages()).toEqual([])
    expect(await scene.lab.store.voicemails.drafts()).toEqual([])
    expect(erased).toHaveLength(1)
  })

  test('a greeting of its own is heard in place of the usual one, the busy one where that is wished', async () => {
    const greetings = {
      unavailable: { kind: 'text', text: 'Not here.' },
      name: { kind: 'file', file: 'n.wav' },
    } as const
    const scene = await atBox({ over: { greetings } })
    expect(await scene.hearAll()).toEqual(['/speech/Not here.', 'beep'])
    const named = await atBox({ over: { greetings: { name: greetings.name } } })
    expect(await named.hearAll()).toEqual([
      ...['/greetings/n.wav', expect.stringMatching(/^\/speech\/is not available/), 'beep'],
    ])
  })

  test('a greeting that is not to be had is replaced by the usual one', async () => {
    const greetings = { unavailable: { kind: 'url', url: 'https://gone.example/x.wav' } } as const
    const scene = await atBox({ over: { greetings } })
    await scene.hangUp()
    Object.assign(scene.lab.ports.web, { prompt: () => Promise.reject(new Error('gone')) })
    const again = await scene.lab.incoming('+15005550150')
    expect(scene.lab.nowPlaying(again)).toMatchObject({ path: unavailable })
  })
})

test('nobody waits for ever for a greeting that is elsewhere', async () => {
  const greetings = { unavailable: { kind: 'url', url: 'https://slow.example/x.wav' } } as const
  const { lab } = await boxLab({ over: { greetings } })
  Object.assign(lab.ports.web, {
    prompt: (_url: string, _account: string, signal: AbortSignal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('too late')))
      }),
  })
  const id = await lab.incoming(boxNumber)
  await lab.clock.advance(3_999)
  expect(lab.nowPlaying(id)).toBeUndefined()
  await lab.clock.advance(1)
  expect(lab.nowPlaying(id)).toMatchObject({ path: unavailable })
})

describe('review', () => {
  const reviewed = async () => {
    const scene = await atBox()
    await scene.hearAll()
    await scene.says('speech', 2)
    await scene.press('#')
    return scene
  }

  test('1 plays it, 4 marks it urgent, hanging up saves it', async () => {
    const scene = await reviewed()
    await scene.press('1')
    expect(await scene.hearAll(1)).toEqual([expect.stringMatching(/^\/scratch\//)])
    await scene.press('4')
    expect(await scene.hearAll(1)).toEqual([expect.stringContaining('urgent')])
    expect(await scene.messages()).toEqual([])
    await scene.hangUp()
    expect(await scene.messages()).toMatchObject([{ urgent: true, folder: 'new' }])
    const counts = await scene.lab.store.voicemails.counts(scene.box.id)
    expect(counts).toEqual({ new: 1, old: 0, urgentNew: 1, urgentOld: 0 })
  })

  test('a key stops the message that is heard, and counts', async () => {
    const scene = await reviewed()
    await scene.press('1')
    expect(scene.lab.nowPlaying(scene.id)).toMatchObject({
      path: expect.stringMatching(/^\/scratch\//),
    })
    await scene.press('2')
    expect(await scene.hearAll()).toEqual(['beep'])
  })

  test('2 records it anew: of the first one nothing stays', async () => {
    const scene = await reviewed()
    await scene.press('2')
    expect(await scene.hearAll()).toEqual(['beep'])
    await scene.says('speech', 1)
    await scene.hangUp()
    expect(await scene.messages()).toHaveLength(1)
    const page = { page: 1, pageSize: 9 }
    expect((await scene.lab.store.recordings.list(scene.lab.account.id, page)).total).toBe(1)
    expect(await scene.events()).toEqual(['voicemail.left'])
  })

  test('who does nothing saves it', async () => {
    const scene = await reviewed()
    for (let times = 0; times < 3; times++) {
      expect(await scene.hearAll(1)).toEqual([reviewMenu])
      await scene.lab.clock.advance(5_000)
      await scene.lab.settle()
    }
    expect(await scene.hearAll()).toEqual([saved])
    expect(await scene.messages()).toHaveLength(1)
  })

  test('is not offered where the box does not allow it', async () => {
    const scene = await atBox({ box: { review: false } })
    await scene.hearAll()
    await scene.says('speech', 2)
    await scene.press('#')
    expect(await scene.hearAll()).toEqual([saved])
  })
})

describe('a box that is full', () => {
  test('says so, tells the log, and takes nothing', async () => {
    const scene = await atBox({ box: { maxMessages: 1 } })
    await scene.hearAll()
    await scene.says('speech', 2)
    await scene.hangUp()
    const id = await scene.lab.incoming('+15005550150')
    expect(scene.lab.nowPlaying(id)).toMatchObject({ path: expect.stringContaining('is full') })
    await scene.lab.finishPlay(id)
    expect(await scene.events()).toEqual(['voicemail.left', 'voicemail.box-full'])
    expect(await scene.messages()).toHaveLength(1)
  })

  test('is full by the time of its messages, too; the last one gets what is left', async () => {
    const scene = await atBox({ box: { maxTotalMs: 3_500, minMessageMs: 1_500 } })
    await scene.hearAll()
    await scene.lab.clock.advance(3_500)
    await scene.lab.settle()
    expect(await scene.hearAll(1)).toEqual([reviewMenu])
    await scene.hangUp()
    const id = await scene.lab.incoming('+15005550150')
    await scene.lab.finishPlay(id)
    expect(scene.lab.nowPlaying(id)).toMatchObject({ tone: 'beep' })
  })
})

describe('0', () => {
  test('calls the operator of the box; when nobody takes it the tone comes', async () => {
    const scene = await atBox({ box: { operator: 'desk' } })
    await scene.press('0')
    const [operator] = scene.lab.invited
    if (!operator) throw new Error('nobody was called')
    scene.lab.sip.rejected(operator, 486, 'Busy Here')
    await scene.lab.settle()
    expect(await scene.hearAll()).toEqual(['beep'])
  })

  test('is nothing where there is none', async () => {
    const scene = await atBox()
    await scene.press('0')
    expect(scene.lab.invited).toEqual([])
    expect(await scene.hearAll()).toEqual([unavailable, 'beep'])
  })
})

describe('a language', () => {
  test.each([
    ['pl-PL', 'en', 'is not available'],
    ['fr-FR', 'fr-FR', 'n’est pas joignable'],
    ['de-AT', 'de-AT', 'nicht erreichbar'],
  ])('%s: the usual words are spoken by a voice of theirs, %s', async (language, voice, words) => {
    const { lab } = await boxLab({ box: { language } })
    const spoken: (readonly [string | undefined, string])[] = []
    const { synthesise } = lab.ports.speech
    Object.assign(lab.ports.speech, {
      synthesise: (wanted: Parameters<typeof synthesise>[0]) => {
        spoken.push([wanted.voice, wanted.text])
        return synthesise(wanted)
      },
    })
    await lab.incoming(boxNumber)
    expect(spoken).toEqual([[voice, expect.stringContaining(words)]])
  })

  test('a greeting in its own words has a voice of the box', async () => {
    const greetings = { unavailable: { kind: 'text', text: 'Je suis absente.' } } as const
    const { lab } = await boxLab({ box: { language: 'fr-FR' }, over: { greetings } })
    const voices: (string | undefined)[] = []
    const { synthesise } = lab.ports.speech
    Object.assign(lab.ports.speech, {
      synthesise: (wanted: Parameters<typeof synthesise>[0]) => {
        voices.push(wanted.voice)
        return synthesise(wanted)
      },
    })
    await lab.incoming(boxNumber)
    expect(voices).toEqual(['fr-FR'])
  })
})

describe('a box that is deleted while somebody is in it', () => {
  test.each([
    ['in the greeting', 0],
    ['while he speaks', 2],
    ['in the review', 3],
  ])('%s: he is told, and nothing stays', async (_, most) => {
    const scene = await atBox()
    const { lab, box } = scene
    if (most > 0) await scene.hearAll(most)
    if (most > 2) await scene.press('#')
    await lab.store.voicemailBoxes.remove(box.id)
    if (most === 0) await scene.hearAll(2)
    if (most === 2) await scene.press('#')
    if (most > 0) await scene.press('3')
    expect(lab.nowPlaying(scene.id)).toMatchObject({
      path: expect.stringContaining('can not be recorded'),
    })
    await lab.finishPlay(scene.id)
    expect([lab.calls.size, lab.calls.leaving.size]).toEqual([0, 0])
    const page = { page: 1, pageSize: 9 }
    expect((await lab.store.recordings.list(lab.account.id, page)).total).toBe(0)
    expect(await scene.events()).toEqual([])
  })
})

test('without speech a caller hears tones in place of words, and his message is taken', async () => {
  const { lab, box, says } = await boxLab()
  const missing = () => Promise.reject(new Failure('speech_unavailable', 'no voice is installed'))
  Object.assign(lab.ports.speech, { synthesise: missing, speak: missing })
  const scene = sceneOf(lab, box, await lab.incoming(boxNumber), says)
  expect(await scene.hearAll()).toEqual(['beep', 'beep'])
  await scene.says('speech', 2)
  await scene.press('#')
  expect(await scene.hearAll(1)).toEqual(['beep'])
  await scene.press('3')
  expect(await scene.hearAll()).toEqual(['beep'])
  expect(await scene.messages()).toHaveLength(1)
  expect(lab.calls.size).toBe(0)
})
