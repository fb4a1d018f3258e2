import { describe, expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { CallId } from '../../../engine/core/ids.ts'
import type { InstructionRequest } from '../../../engine/core/ports/web.ts'
import type { DialVerb } from '../../../engine/core/verbs.ts'
import { jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'

const referUrl = 'https://app.example/refer'
const target = '<sip:desk.7@other.example?X-Topic=tax>'
const wish = {
  ...{ to: 'sip:desk.7@other.example', replaces: undefined, referTo: target },
  ...{ referredBy: '<sip:pbx>', isStranger: true },
} as const

/** Somebody whom a document has connected with a SIP address, and what its application is asked. */
async function talking(
  answer: () => unknown,
  more: Partial<DialVerb> = {},
  refer: Partial<DialVerb> = { referUrl },
) {
  const asked: InstructionRequest[] = []
  const lab = await openCallLab()
  Object.assign(lab.ports.web, {
    instructions: async (request: InstructionRequest) => {
      asked.push(request)
      return jsonAnswer(await answer(), request.url)
    },
  })
  const dial: DialVerb = {
    ...{ verb: 'dial', targets: [{ to: 'sip:bob@allowed.example' }], ...refer, ...more },
  }
  const { id: caller } = await lab.centre.placeCall(lab.account, {
    ...{ to: '+61498765432', from: ownNumber },
    verbs: [dial, { verb: 'say', text: 'after the talk' }],
  })
  await lab.settle()
  lab.sip.answered(caller, 'v=0', 'x')
  await lab.settle()
  const bob = lab.invited.at(-1)!
  lab.sip.answered(bob, 'v=0', 'y')
  await lab.settle()
  const talks = () => lab.calls.get(caller)?.partner?.id === bob
  expect(talks()).toBe(true)
  lab.commands.length = 0
  return { lab, asked, caller, bob, talks }
}

const isUp = (lab: Awaited<ReturnType<typeof openCallLab>>, id: CallId) =>
  lab.calls.get(id)?.state.at === 'up'

test('what the application answers is run for the one who stays; the other is told, and let go', async () => {
  const answer = [
    { verb: 'say', text: 'one moment' },
    { verb: 'dial', to: '+61400000001' },
  ]
  const { lab, asked, caller, bob } = await talking(() => answer, {
    ...{ referMethod: 'GET', action: 'https://app.example/action' },
  })
  expect(lab.requests.at(-1)).toMatchObject({ mayRefer: true })
  await lab.sip.transferWished(bob, wish)
  await lab.settle()
  expect(asked).toMatchObject([
    { url: referUrl, method: 'GET', fields: { call_id: caller, refer_transfer_target: target } },
  ])
  expect(lab.commands).toContain('sip.transferProgress c2 200')
  expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/one moment' })
  expect(await lab.logOf(bob)).toContain('transfer.completed')
  await lab.clock.advance(4_000)
  expect([isUp(lab, bob), isUp(lab, caller)]).toEqual([false, true])
  await lab.finishPlay(caller)
  const desk = lab.invited.at(-1)!
  lab.sip.answered(desk, 'v=0', 'z')
  await lab.settle()
  expect(lab.calls.get(caller)?.partner?.id).toBe(desk)
  // Nothing follows: neither the rest of the first list nor its action.
  lab.sip.remoteHangup(desk, 'BYE')
  await lab.settle()
  expect(lab.calls.size).toBe(0)
  expect(asked).toHaveLength(1)
})

describe('the two talk on', () => {
  test('where the application can not be asked: the REFER is refused', async () => {
    const { lab, asked, caller, bob, talks } = await talking(() => {
      if (asked.length > 1) return [{ verb: 'hangup' }]
      throw new Failure('call_failed', 'no answer')
    })
    Object.assign(lab.calls.get(caller)?.asking ?? {}, { fallbackUrl: 'https://app.example/sorry' })
    await expect(lab.sip.transferWished(bob, wish)).rejects.toBeInstanceOf(Failure)
    await lab.settle()
    expect(talks()).toBe(true)
    expect(asked).toHaveLength(1)
    expect(await lab.logOf(caller)).toContain('instructions.failed')
    expect(lab.commands).toEqual([])
    expect(await lab.logOf(bob)).not.toContain('transfer.completed')
  })

  test('while it is asked; and who hangs up meanwhile has the other go on', async () => {
    const answer = Promise.withResolvers<unknown>()
    const { lab, caller, bob, talks } = await talking(() => answer.promise)
    const asked = lab.sip.transferWished(bob, wish)
    const refused = expect(asked).rejects.toMatchObject({ code: 'call_ended' })
    await lab.settle()
    expect(talks()).toBe(true)
    lab.sip.remoteHangup(bob, 'BYE')
    await lab.settle()
    answer.resolve([{ verb: 'say', text: 'too late' }])
    await refused
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ path: '/speech/after the talk' })
  })

  test('a stranger is granted nothing else: nor with Replaces, nor where no application is asked', async () => {
    const { lab, asked, bob, talks } = await talking(() => [])
    const forbidden = { code: 'forbidden' }
    await expect(
      lab.sip.transferWished(bob, { ...wish, replaces: 'unknown' }),
    ).rejects.toMatchObject(forbidden)
    const referTo = `<sip:${'x'.repeat(600)}@pbx>`
    await expect(lab.sip.transferWished(bob, { ...wish, referTo })).rejects.toMatchObject({
      code: 'invalid_request',
    })
    expect([talks(), asked]).toEqual([true, []])
    const second = await talking(() => [], {}, {})
    await expect(second.lab.sip.transferWished(second.bob, wish)).rejects.toMatchObject(forbidden)
    expect(second.talks()).toBe(true)
  })
})
