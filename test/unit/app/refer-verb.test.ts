import { expect, test } from 'vitest'
import { Failure } from '../../../engine/core/failures.ts'
import type { Sip } from '../../../engine/core/ports/sip.ts'
import type { InstructionRequest } from '../../../engine/core/ports/web.ts'
import type { Verb } from '../../../engine/core/verbs.ts'
import { jsonAnswer, openCallLab, ownNumber } from '../../support/call-lab.ts'

const to = 'sip:alice@pbx.example'
const action = 'https://app.example/referred'

async function referred(verbs: readonly Verb[], sip: Partial<Sip> = {}) {
  const asked: InstructionRequest[] = []
  const lab = await openCallLab({ sip })
  Object.assign(lab.ports.web, {
    instructions: async (request: InstructionRequest) => {
      asked.push(request)
      return jsonAnswer([{ verb: 'say', text: 'next' }])
    },
  })
  const { id } = await lab.centre.placeCall(lab.account, {
    ...{ to: '+61498765432', from: ownNumber, verbs },
  })
  await lab.settle()
  lab.sip.answered(id, 'v=0', 'x')
  await lab.settle()
  return { lab, id, asked }
}

test('the phone is asked to call, and what came of it is told', async () => {
  const { lab, id, asked } = await referred([{ verb: 'refer', to, action }])
  expect(lab.commands).toContain(`sip.refer c1 ${to}`)
  lab.sip.referProgress(id, 180, false)
  await lab.settle()
  expect(asked).toEqual([])
  lab.sip.referProgress(id, 200, true)
  await lab.settle()
  expect(asked).toMatchObject([
    { url: action, fields: { refer_status: 'completed', refer_sip_status: 200 } },
  ])
})

test('without an action a phone that has called is hung up, the list does not go on', async () => {
  const { lab, id } = await referred([
    { verb: 'refer', to },
    { verb: 'say', text: 'still here' },
  ])
  lab.sip.referProgress(id, 200, true)
  await lab.settle()
  expect(lab.nowPlaying(id)).toBeUndefined()
  await lab.clock.advance(4_000)
  expect((await lab.centre.getCall(lab.account.id, id)).status).toBe('completed')
})

test('when nothing comes of it the list goes on', async () => {
  const { lab, id } = await referred([
    { verb: 'refer', to },
    { verb: 'say', text: 'still here' },
  ])
  lab.sip.referProgress(id, 486, true)
  await lab.settle()
  expect(lab.nowPlaying(id)).toMatchObject({ path: '/speech/still here' })
})

test('a phone that is not willing has not called', async () => {
  const { lab, id, asked } = await referred([{ verb: 'refer', to, action }], {
    refer: async () => {
      throw new Failure('call_failed', 'the phone answered with 405')
    },
  })
  expect(asked).toMatchObject([{ fields: { refer_status: 'failed' } }])
  expect(await lab.logOf(id)).toContain('transfer.failed')
})
