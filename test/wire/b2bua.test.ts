/** Two legs in one application: createB2BUA between a sipp caller and a sipp callee. */
import { expect } from 'vitest'
import { type Spec, scenario } from '../support/drachtio/scenario.ts'

interface Bridge extends Spec {
  readonly caller: string
  readonly callee: string
}

function bridge(name: string, { caller, callee, ...spec }: Bridge): void {
  scenario(name, spec, async (run) => {
    await run.app((srf) =>
      srf.invite(async (req, res) => {
        const headers = {
          proxyRequestHeaders: ['X-Custom-Header'],
          proxyResponseHeaders: ['X-Answered-By'],
        }
        try {
          const { uas, uac } = await srf.createB2BUA(req, res, run.peerUri(1), headers)
          run.note('up')
          uas.on('destroy', () => {
            run.note('caller hung up')
            void uac.destroy()
          })
          uac.on('destroy', () => {
            run.note('callee hung up')
            void uas.destroy()
          })
        } catch (error) {
          run.note(error instanceof Error ? error.message : `${error}`)
        }
      }),
    )
    const answering = await run.sipp(callee, { peer: 1 })
    run.mark()
    const calling = await run.sipp(caller, { peer: 0 })
    expect(await calling.done, 'caller').toBe(0)
    expect(await answering.done, 'callee').toBe(0)
  })
}

bridge('67-b2bua-answered', {
  slot: 43,
  caller: 'uac_call_bye',
  callee: 'uas_183_answer_waitbye',
  outcome: ['up', 'caller hung up'],
})

bridge('68-b2bua-busy', {
  slot: 44,
  caller: 'uac_rejected',
  callee: 'uas_busy',
  outcome: ['Sip non-success response: 486'],
})

bridge('69-b2bua-caller-cancels', {
  slot: 45,
  caller: 'uac_cancel',
  callee: 'uas_noanswer_cancel',
  outcome: ['Sip non-success response: 487'],
})
