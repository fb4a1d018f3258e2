import { describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { InstructionRequest } from '../../../engine/core/ports/web.ts'
import type { DialVerb, Verb } from '../../../engine/core/verbs.ts'
import { type CallLab, jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'

const root = 'https://app.example'
const [kate, liam] = ['+61400000001', '+61400000002']

interface Scene {
  readonly lab: CallLab
  readonly asked: InstructionRequest[]
  readonly caller: CallId
}

/** A caller for whom these verbs are run, and what his application is asked. */
async function called(
  verbs: readonly Verb[],
  answers: Record<string, unknown> = {},
): Promise<Scene> {
  const asked: InstructionRequest[] = []
  const lab = await openCallLab()
  Object.assign(lab.ports.web, {
    instructions: async (request: InstructionRequest) => {
      asked.push(request)
      return jsonAnswer(answers[request.url.replace(root, '')] ?? [], request.url)
    },
  })
  const { id: caller } = await lab.centre.placeCall(lab.account, {
    ...{ to: '+61498765432', from: ownNumber, verbs },
  })
  await lab.settle()
  lab.sip.answered(caller, 'v=0', 'x')
  await lab.settle()
  return { lab, asked, caller }
}

async function answer({ lab }: Scene, nth: number): Promise<CallId> {
  const id = lab.invited[nth]!
  lab.sip.answered(id, 'v=0', `x${nth}`)
  await lab.settle()
  return id
}
const statusOf = async ({ lab }: Scene, id: CallId) =>
  (await lab.centre.getCall(lab.account.id, id)).status

const both: DialVerb = {
  verb: 'dial',
  targets: [{ to: kate }, { to: liam }],
  action: `${root}/after`,
}

describe('several ring', () => {
  test('the first to answer is connected, the others are let go', async () => {
    const scene = await called([both])
    const { lab, asked, caller } = scene
    expect(lab.invited).toHaveLength(3)
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'ringback' })
    const second = await answer(scene, 2)
    expect(lab.commands).toContain('media.bridge c1 c3')
    expect(lab.commands).toContain('sip.cancel c2')
    lab.sip.rejected(lab.invited[1]!, 487, 'Request Terminated')
    await lab.clock.advance(7_000)
    lab.sip.remoteHangup(second, 'BYE')
    await lab.settle()
    expect(asked).toMatchObject([
      {
        url: `${root}/after`,
        fields: { dial_status: 'completed', dial_call_id: second, dial_duration: 7 },
      },
    ])
  })

  test('when nobody answers the application is told', async () => {
    const scene = await called([both])
    scene.lab.sip.rejected(scene.lab.invited[1]!, 486, 'Busy Here')
    await scene.lab.settle()
    expect(scene.asked).toEqual([])
    scene.lab.sip.rejected(scene.lab.invited[2]!, 480, 'Unavailable')
    await scene.lab.settle()
    expect(scene.asked).toMatchObject([{ fields: { dial_status: 'busy', dial_duration: 0 } }])
  })

  test('who can not be called is left out', async () => {
    const scene = await called([{ ...both, targets: [{ to: 'nobody' }, { to: liam }] }])
    expect(scene.lab.invited).toHaveLength(2)
    const events = await scene.lab.store.events.ofCall(scene.lab.account.id, scene.caller)
    expect(events.find(({ type }) => type === 'instructions.warning')?.data).toEqual({
      warnings: ['dial: nobody: no device is called nobody'],
    })
    await answer(scene, 1)
    expect(scene.lab.commands).toContain('media.bridge c1 c2')
  })

  test('with nobody to call the application is told, or the list goes on', async () => {
    const { asked } = await called([{ ...both, targets: [{ to: 'nobody' }] }])
    expect(asked).toMatchObject([{ fields: { dial_status: 'failed', dial_error: 'not_found' } }])
    const scene = await called([
      { verb: 'dial', targets: [{ to: 'nobody' }] },
      { verb: 'say', text: 'sorry' },
    ])
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject({ path: '/speech/sorry' })
  })

  test('a caller who hangs up ends all of them', async () => {
    const scene = await called([both])
    scene.lab.sip.remoteHangup(scene.caller, 'BYE')
    await scene.lab.settle()
    expect(scene.lab.commands).toEqual(expect.arrayContaining(['sip.cancel c2', 'sip.cancel c3']))
  })
})

describe('who has answered is prepared first', () => {
  test('keys are pressed, and he hears a document of his own', async () => {
    const screened: Verb = {
      verb: 'dial',
      targets: [{ to: kate, sendDigits: 'ww12', url: `${root}/whisper` }],
    }
    const scene = await called([screened], {
      '/whisper': [{ verb: 'say', text: 'a call for you' }],
    })
    const { lab, asked, caller } = scene
    const id = await answer(scene, 1)
    expect(lab.commands).toContain('media.sendDigits c2 ww12')
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/a call for you' })
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'ringback' })
    expect(lab.commands).not.toContain('media.bridge c1 c2')
    expect(asked).toMatchObject([{ fields: { call_id: id, parent_call_id: caller } }])
    await lab.finishPlay(id)
    expect(lab.commands).toContain('media.bridge c1 c2')
  })

  test('a hang-up in it means that he does not want the call', async () => {
    const screened: Verb = { ...both, targets: [{ to: kate, url: `${root}/whisper` }] }
    const scene = await called([screened], { '/whisper': [{ verb: 'hangup' }] })
    await answer(scene, 1)
    expect(scene.lab.commands).toContain('sip.bye c2')
    expect(scene.asked.at(-1)).toMatchObject({ fields: { dial_status: 'no-answer' } })
  })

  test('told to do something else meanwhile he is not connected, and does that', async () => {
    const screened: Verb = { ...both, targets: [{ to: kate, url: `${root}/whisper` }] }
    const scene = await called([screened], {
      '/whisper': [{ verb: 'say', text: 'a call for you' }],
    })
    const { lab, asked } = scene
    const id = await answer(scene, 1)
    await lab.actions.redirect(lab.account.id, id, { verbs: [{ verb: 'say', text: 'elsewhere' }] })
    await lab.settle()
    expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/elsewhere' })
    expect(lab.commands).not.toContain('media.bridge c1 c2')
    expect(await statusOf(scene, id)).toBe('in-progress')
    expect(asked.at(-1)).toMatchObject({ fields: { dial_status: 'no-answer' } })
  })

  test('nor with a document that is not to be had', async () => {
    const screened: Verb = { ...both, targets: [{ to: kate, url: `${root}/whisper` }] }
    const scene = await called([screened])
    Object.assign(scene.lab.ports.web, {
      instructions: async ({ url }: InstructionRequest) => {
        if (url.endsWith('whisper')) throw new Failure('url_unreachable', 'status 404')
        return jsonAnswer([{ verb: 'say', text: 'sorry' }])
      },
    })
    await answer(scene, 1)
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject({ path: '/speech/sorry' })
  })
})

describe('a talk ends by itself', () => {
  const goOn: Verb = { verb: 'say', text: 'then' }
  const then = { path: '/speech/then' }

  test('after its time', async () => {
    const scene = await called([{ verb: 'dial', to: kate, timeLimitMs: 60_000 }, goOn])
    await answer(scene, 1)
    await scene.lab.clock.advance(59_999)
    expect(scene.lab.nowPlaying(scene.caller)).toBeUndefined()
    await scene.lab.clock.advance(1)
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject(then)
    expect(scene.lab.commands).toContain('sip.bye c2')
  })

  test('by the star key, if that is wanted; by no other', async () => {
    const scene = await called([{ verb: 'dial', to: kate, hangupOnStar: true }, goOn])
    // Before the talk it is none that would end it.
    scene.lab.media.digit(scene.caller, '*', 100)
    await answer(scene, 1)
    for (const key of '12') scene.lab.media.digit(scene.caller, key, 100)
    await scene.lab.settle()
    expect(await statusOf(scene, scene.lab.invited[1]!)).toBe('in-progress')
    scene.lab.media.digit(scene.caller, '*', 100)
    await scene.lab.settle()
    expect(scene.lab.nowPlaying(scene.caller)).toMatchObject(then)
  })
})

test('the recording of the talk is told', async () => {
  const scene = await called([{ verb: 'dial', to: kate, record: true, action: `${root}/after` }])
  await answer(scene, 1)
  scene.lab.sip.remoteHangup(scene.lab.invited[1]!, 'BYE')
  await scene.lab.settle()
  const { recordingId } = await scene.lab.centre.getCall(scene.lab.account.id, scene.caller)
  expect(recordingId).not.toBeNull()
  expect(scene.asked).toMatchObject([{ fields: { recording_id: recordingId } }])
})

describe('a caller', () => {
  const dialOn = (lab: CallLab, verb: DialVerb) =>
    lab.addNumber('+15005550177', { kind: 'verbs', verbs: [verb] })

  test('is answered when the two are connected, or at once', async () => {
    const lab = await openCallLab()
    await dialOn(lab, { verb: 'dial', to: kate })
    await lab.incoming('+15005550177')
    expect(lab.commands).not.toContain('sip.accept c1')
    const other = await openCallLab()
    await dialOn(other, { verb: 'dial', to: kate, answerOnBridge: false })
    const id = await other.incoming('+15005550177')
    await other.settle()
    expect(other.commands).toContain('sip.accept c1')
    expect(other.nowPlaying(id)).toMatchObject({ tone: 'ringback' })
  })

  test('is shown to devices, and to no carrier', async () => {
    const lab = await openCallLab()
    await lab.addDevice('1001', true)
    await dialOn(lab, { verb: 'dial', targets: [{ to: '1001' }, { to: kate }] })
    await lab.incoming('+15005550177', '+61411111111')
    await lab.settle()
    expect(lab.requests.map(({ callerId }) => callerId)).toEqual(['+61411111111', ownNumber])
  })
})

test('credentials are for their own SIP address alone, and in no event', async () => {
  const known = { username: 'us', password: 's3cret' }
  const { lab, caller } = await called([
    {
      verb: 'dial',
      targets: [
        { to: 'sip:kate@allowed.example', ...known },
        { to: 'sip:joe@allowed.example' },
        { to: kate, ...known },
      ],
    },
  ])
  const targets = lab.invited.slice(1).map((id) => lab.calls.get(id)?.made.ways?.target)
  expect(targets).toMatchObject([
    { kind: 'uri', uri: 'sip:kate@allowed.example', credentials: known },
    { kind: 'uri', uri: 'sip:joe@allowed.example' },
    { kind: 'trunk' },
  ])
  expect(JSON.stringify(targets?.slice(1))).not.toContain('s3cret')
  for (const id of [caller, ...lab.invited.slice(1)]) {
    const events = await lab.store.events.ofCall(lab.account.id, id)
    expect(JSON.stringify(events)).not.toContain('s3cret')
    expect(JSON.stringify(await lab.store.calls.get(lab.account.id, id))).not.toContain('s3cret')
  }
})
