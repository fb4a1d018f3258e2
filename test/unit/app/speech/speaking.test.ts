import { describe, expect, test } from 'vitest'
import { Failure } from '../../../../engine/core/failures.ts'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { Speaking, SpeechRequest } from '../../../../engine/core/ports/speech.ts'
import type { Verb } from '../../../../engine/core/verbs.ts'
import { type CallLab, openCallLab, ownNumber } from '../../../support/call-lab.ts'
import { hangsUp } from '../two-parties.ts'

/** Speech that the test makes, and hears. */
class Talk implements Speaking {
  readonly marks: { name: string; atMs: number }[] = []
  readonly warnings: string[] = []
  readonly hasMarks: boolean
  readonly ended: Promise<Failure | undefined>
  end: (failure?: Failure) => void = () => undefined
  playedMs = 0
  released = 0
  players = 0

  constructor(hasMarks = false) {
    this.hasMarks = hasMarks
    this.ended = new Promise((resolve) => {
      this.end = resolve
    })
  }

  player(loop = 1) {
    this.players += 1
    const samples = new SharedArrayBuffer(16)
    return {
      sound: { kind: 'growing', samples, loop } as const,
      playedMs: () => this.playedMs,
    }
  }

  release() {
    this.released += 1
  }
}

interface Heard {
  readonly lab: CallLab
  readonly id: CallId
  readonly asked: SpeechRequest[]
}

async function up(verbs: readonly Verb[], speak: () => Speaking): Promise<Heard> {
  const lab = await openCallLab()
  const asked: SpeechRequest[] = []
  lab.ports.speech.speak = async (request) => {
    asked.push(request)
    return speak()
  }
  const { id } = await lab.centre.placeCall(lab.account, {
    to: '+61498765432',
    from: ownNumber,
    verbs,
  })
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return { lab, id, asked }
}

async function told({ lab, id }: Heard, type: string): Promise<unknown[]> {
  const events = await lab.store.events.ofCall(lab.account.id, id)
  return events.filter((event) => event.type === type).map(({ data }) => data)
}

const say: Verb = { verb: 'say', text: '<speak>a</speak>', markup: 'ssml' }
const broken = () => new Failure('speech_unavailable', 'the program died')

describe('say', () => {
  test('is played while it is made, and let go at its end', async () => {
    const talk = new Talk()
    const heard = await up([say, { verb: 'pause', durationMs: 1000 }], () => talk)
    expect(heard.lab.nowPlaying(heard.id)).toMatchObject({ kind: 'growing', loop: 1 })
    expect(heard.asked).toEqual([
      { text: '<speak>a</speak>', markup: 'ssml', accountId: heard.lab.account.id },
    ])
    talk.end()
    await heard.lab.finishPlay(heard.id)
    expect(talk.released).toBe(1)
    expect(await told(heard, 'verb.ended')).toEqual([{ verb: 'say' }])
  })

  test('is let go when the call ends', async () => {
    const talk = new Talk()
    const { lab, id } = await up([say], () => talk)
    await hangsUp(lab, id)
    await lab.settle()
    expect(talk.released).toBe(1)
  })

  test('that can not be made: told, and the call goes on', async () => {
    const heard = await up([say, { verb: 'pause', durationMs: 1000 }], () => {
      throw broken()
    })
    expect(await told(heard, 'speech.failed')).toEqual([
      { code: 'speech_unavailable', error: 'the program died' },
    ])
    const { status } = await heard.lab.centre.getCall(heard.lab.account.id, heard.id)
    expect(status).toBe('in-progress')
    expect(await told(heard, 'verb.started')).toEqual([{ verb: 'say' }, { verb: 'pause' }])
  })

  test('that breaks off: what there was is heard, then told, and the call goes on', async () => {
    const talk = new Talk()
    const heard = await up([say, { verb: 'pause', durationMs: 1000 }], () => talk)
    talk.end(broken())
    await heard.lab.settle()
    expect(await told(heard, 'speech.failed')).toEqual([])
    await heard.lab.finishPlay(heard.id)
    expect(await told(heard, 'speech.failed')).toHaveLength(1)
    expect(await told(heard, 'verb.started')).toHaveLength(2)
  })

  test('of something that is wrong fails as it did', async () => {
    const heard = await up([say, { verb: 'pause', durationMs: 1000 }], () => {
      throw new Failure('invalid_request', 'There is no voice x', 'voice')
    })
    const { endReason } = await heard.lab.centre.getCall(heard.lab.account.id, heard.id)
    expect(endReason).toBe('program_failed')
  })

  test('what was not followed is told', async () => {
    const talk = new Talk()
    const heard = await up([say], () => talk)
    talk.warnings.push('unknown element blink')
    talk.end()
    await heard.lab.finishPlay(heard.id)
    expect(await told(heard, 'speech.warning')).toEqual([{ warnings: ['unknown element blink'] }])
  })

  test('marks are told when they are heard, those too that were not made when it began', async () => {
    const talk = new Talk(true)
    const heard = await up([say], () => talk)
    const { clock } = heard.lab
    talk.marks.push({ name: 'a', atMs: 300 })
    await clock.advance(60)
    talk.playedMs = 60
    await clock.advance(200)
    expect(await told(heard, 'speech.mark')).toEqual([])
    talk.playedMs = 310
    await clock.advance(300)
    expect(await told(heard, 'speech.mark')).toEqual([{ name: 'a', atMs: 300 }])
    talk.marks.push({ name: 'b', atMs: 400 }, { name: 'late', atMs: 9000 })
    talk.end()
    talk.playedMs = 500
    await clock.advance(200)
    await heard.lab.finishPlay(heard.id)
    expect(await told(heard, 'speech.mark')).toEqual([
      { name: 'a', atMs: 300 },
      { name: 'b', atMs: 400 },
    ])
  })
})

describe('a question', () => {
  const gather: Verb = {
    verb: 'gather',
    prompts: [
      { verb: 'say', text: 'one' },
      { verb: 'say', text: 'two' },
    ],
    timeoutMs: 1000,
    attempts: 2,
  }

  test('is made once, asked again from its beginning, and let go when there is a key', async () => {
    const talks: Talk[] = []
    const heard = await up([gather, { verb: 'pause', durationMs: 1000 }], () => {
      const talk = new Talk()
      talk.end()
      talks.push(talk)
      return talk
    })
    const { lab, id } = heard
    for (let play = 0; play < 2; play++) await lab.finishPlay(id)
    await lab.clock.advance(1000)
    expect(talks.map(({ players }) => players)).toEqual([2, 1])
    lab.media.digit(id, '5', 100)
    await lab.settle()
    expect(talks.map(({ released }) => released)).toEqual([1, 1])
    expect((await lab.centre.getCall(lab.account.id, id)).gathered).toBe('5')
  })

  test('that can not be spoken still waits for its key', async () => {
    const heard = await up([gather, { verb: 'pause', durationMs: 1000 }], () => {
      throw broken()
    })
    expect(await told(heard, 'speech.failed')).toHaveLength(2)
    heard.lab.media.digit(heard.id, '7', 100)
    await heard.lab.settle()
    expect((await heard.lab.centre.getCall(heard.lab.account.id, heard.id)).gathered).toBe('7')
  })
})

test('what is spoken to a call is let go when it was heard, stopped, or has found no place', async () => {
  const talks: Talk[] = []
  const heard = await up([{ verb: 'pause', durationMs: 100_000 }], () => {
    const talk = new Talk()
    talks.push(talk)
    return talk
  })
  const { lab, id } = heard
  const play = (text: string, queue = false) =>
    lab.actions.play(lab.account.id, id, { text, queue })
  await play('one')
  await lab.settle()
  await play('two', true)
  await lab.finishPlay(id)
  expect(talks.map(({ released }) => released)).toEqual([1, 0])
  await hangsUp(lab, id)
  await lab.settle()
  expect(talks.map(({ released }) => released)).toEqual([1, 1])
  await expect(play('three')).rejects.toMatchObject({ code: 'call_ended' })
})
