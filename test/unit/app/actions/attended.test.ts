import { describe, expect, test } from 'vitest'
import type { CallId } from '../../../../engine/core/ids.ts'
import type { CallLab } from '../../../support/call-lab.ts'
import { answers, hangsUp, type TwoParties, twoParties } from '../two-parties.ts'

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: { code?: string }) => error.code,
  )
const stateOf = (lab: CallLab, id: CallId) => lab.calls.get(id)?.state.at ?? 'gone'
const partnerOf = (lab: CallLab, id: CallId) => lab.calls.get(id)?.partner?.id

/** The caller is to be transferred to 1003 by the callee, who calls there first. */
async function consulting(): Promise<TwoParties & { target: CallId }> {
  const two = await twoParties()
  await two.lab.actions.consult(two.lab.account.id, two.caller, '1003')
  await two.lab.settle()
  return { ...two, target: two.lab.invited.at(-1)! }
}

const transfersOf = async (lab: CallLab, id: CallId) =>
  (await lab.logOf(id)).filter((type) => type.startsWith('transfer.'))

describe('an attended transfer', () => {
  test('music for the one, ringback and then the target for the other; completed', async () => {
    const { lab, caller, callee, target } = await consulting()
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'hold' })
    expect(lab.nowPlaying(callee)).toMatchObject({ tone: 'ringback' })
    await answers(lab, target)
    expect(lab.commands).toContain('media.bridge c2 c3')
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'hold' })
    await lab.actions.endConsultation(lab.account.id, callee, 'complete')
    await lab.settle()
    expect(stateOf(lab, callee)).toBe('gone')
    expect(partnerOf(lab, caller)).toBe(target)
    expect(lab.nowPlaying(caller)).toBeUndefined()
    expect(await transfersOf(lab, caller)).toEqual([
      'transfer.started',
      'transfer.progress',
      'transfer.completed',
    ])
    const again = lab.actions.endConsultation(lab.account.id, caller, 'complete')
    expect(await codeOf(again)).toBe('no_transfer')
    await hangsUp(lab, target)
    expect(lab.calls.size).toBe(0)
  })

  test('cancelled: the two talk again, the target is hung up', async () => {
    const { lab, caller, callee, target } = await consulting()
    await answers(lab, target)
    lab.commands.length = 0
    await lab.actions.endConsultation(lab.account.id, target, 'cancel')
    await lab.settle()
    expect(stateOf(lab, target)).toBe('gone')
    expect(lab.commands).toContain('media.bridge c1 c2')
    expect([partnerOf(lab, caller), partnerOf(lab, callee)]).toEqual([callee, caller])
    expect(lab.nowPlaying(caller)).toBeUndefined()
    expect((await transfersOf(lab, caller)).at(-1)).toBe('transfer.canceled')
  })

  test('who consults hangs up: that completes it', async () => {
    const { lab, caller, callee, target } = await consulting()
    await answers(lab, target)
    await hangsUp(lab, callee)
    expect(partnerOf(lab, caller)).toBe(target)
  })

  test('completed before the answer it goes on as a blind one', async () => {
    const { lab, caller, callee, target } = await consulting()
    await lab.actions.endConsultation(lab.account.id, caller, 'complete')
    await lab.settle()
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'ringback' })
    expect(stateOf(lab, callee)).toBe('up')
    await answers(lab, target)
    expect(stateOf(lab, callee)).toBe('gone')
    expect(partnerOf(lab, caller)).toBe(target)
  })

  test('the target does not answer, or hangs up: the two talk again', async () => {
    for (const isAnswered of [false, true]) {
      const { lab, caller, callee, target } = await consulting()
      if (isAnswered) {
        await answers(lab, target)
        await hangsUp(lab, target)
      } else {
        lab.sip.rejected(target, 486, 'Busy')
        await lab.settle()
      }
      expect(partnerOf(lab, caller)).toBe(callee)
      expect(lab.nowPlaying(caller)).toBeUndefined()
      expect(lab.nowPlaying(callee)).toBeUndefined()
      expect((await transfersOf(lab, caller)).at(-1)).toBe('transfer.failed')
    }
  })

  test('who is transferred hangs up: all is over', async () => {
    const { lab, caller, target } = await consulting()
    await answers(lab, target)
    await hangsUp(lab, caller)
    expect(lab.calls.size).toBe(0)
  })

  test('nothing else takes the two elsewhere meanwhile; a hold does no harm', async () => {
    const { lab, caller, callee, target } = await consulting()
    const { id: account } = lab.account
    const verbs = [{ verb: 'hangup' }] as const
    expect(await codeOf(lab.actions.consult(account, callee, '1003'))).toBe('call_busy')
    expect(await codeOf(lab.actions.redirect(account, callee, { verbs }))).toBe('call_busy')
    expect(await codeOf(lab.actions.park(account, caller, {}))).toBe('call_busy')
    expect(await codeOf(lab.actions.unbridge(account, caller))).toBe('call_busy')
    const blind = { to: '1003', mode: 'bridge' } as const
    expect(await codeOf(lab.centre.transferCall(account, caller, blind))).toBe('call_busy')
    await lab.centre.holdCall(account, caller, true)
    await answers(lab, target)
    expect(await codeOf(lab.actions.redirect(account, target, { verbs }))).toBe('call_busy')
    expect(await codeOf(lab.actions.park(account, target, {}))).toBe('call_busy')
    expect(await codeOf(lab.centre.transferCall(account, target, blind))).toBe('call_busy')
    await lab.actions.endConsultation(account, caller, 'complete')
    await lab.settle()
    expect(partnerOf(lab, caller)).toBe(target)
    expect(lab.nowPlaying(caller)).toMatchObject({ tone: 'hold' })
    await lab.centre.holdCall(account, caller, false)
    expect(lab.nowPlaying(caller)).toBeUndefined()
  })

  test('who talks to nobody can not be consulted about', async () => {
    const { lab, caller, callee } = await twoParties()
    await lab.actions.unbridge(lab.account.id, callee)
    await lab.settle()
    expect(await codeOf(lab.actions.consult(lab.account.id, callee, '1003'))).toBe('not_bridged')
    expect(await codeOf(lab.actions.consult(lab.account.id, caller, '1003'))).toBe('call_ended')
  })
})
