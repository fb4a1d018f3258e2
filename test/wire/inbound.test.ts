/** Calls that come in from a sipp caller and end in the application. */
import { expect } from 'vitest'
import type { Run } from '../support/drachtio/run.ts'
import { type Spec, scenario } from '../support/drachtio/scenario.ts'
import { sdp } from '../support/drachtio/sip-text.ts'
import type { CallParts, Dialog, Srf } from '../support/drachtio/srf.ts'

interface Inbound extends Spec {
  readonly caller: string
  readonly transport?: 'udp' | 'tcp'
  readonly app: (srf: Srf, run: Run) => void
}

function inbound(name: string, { caller, transport = 'udp', app, ...spec }: Inbound): void {
  scenario(name, spec, async (run) => {
    const srf = await run.app((fresh) => app(fresh, run))
    expect(srf.idle).toBe(true)
    run.mark()
    const sipp = await run.sipp(caller, { peer: 0, transport })
    expect(await sipp.done).toBe(0)
  })
}

/** An application that answers at once and notes how the dialog ends. */
const answer =
  (parts: CallParts = {}, then: (dialog: Dialog, run: Run) => unknown = () => {}) =>
  (srf: Srf, run: Run): void =>
    srf.invite((req, res) => {
      srf.createUAS(req, res, { localSdp: sdp(), ...parts }, (error, dialog) => {
        if (!dialog) return run.note(`failed: ${error?.message}`)
        run.note(
          dialog.id === `${dialog.sip.callId};from-tag=${dialog.sip.remoteTag}` ? 'up' : dialog.id,
        )
        dialog.on('destroy', (bye, reason) => run.note(`${bye.method}: ${reason}`))
        void then(dialog, run)
      })
    })

inbound('10-inbound-answer-remote-bye', {
  slot: 0,
  caller: 'uac_call_bye',
  app: answer({ headers: { 'X-App': 'hello' } }),
  outcome: ['up', 'BYE: normal release'],
})

inbound('11-inbound-answer-remote-bye-tcp', {
  slot: 1,
  caller: 'uac_call_bye',
  transport: 'tcp',
  app: answer(),
  outcome: ['up', 'BYE: normal release'],
})

inbound('12-inbound-answer-local-bye', {
  slot: 2,
  caller: 'uac_call_waitbye',
  app: answer({}, async (dialog, run) => {
    await run.pause(300)
    const sent = await dialog.destroy({ headers: { Reason: 'Q.850;cause=16;text="Normal"' } })
    run.note(`sent ${sent.method}`)
  }),
  outcome: ['up', 'sent BYE'],
})

inbound('13-inbound-local-bye-gets-481', {
  slot: 3,
  caller: 'uac_call_waitbye_reject481',
  app: answer({}, async (dialog, run) => {
    await run.pause(300)
    await dialog.destroy()
    run.note('destroyed')
  }),
  outcome: ['up', 'destroyed'],
})

const unknownTransaction = 'Response not sent due to unknown transaction'

inbound('14-inbound-cancel', {
  slot: 4,
  caller: 'uac_cancel',
  app: (srf, run) =>
    srf.invite((req, res) => {
      req.on('cancel', (cancel) => {
        run.note(`cancel ${cancel.get('Reason')}`)
        res.send(487, (error) => run.note(`${error}`))
      })
      res.send(180)
    }),
  outcome: ['cancel SIP;cause=200;text="Call completed elsewhere"', unknownTransaction],
})

inbound('15-inbound-cancel-before-app-responds', {
  slot: 5,
  differs: [
    {
      what: /^symbol srv > p0: SIP\/2\.0 487.*tag of another/,
      because: 'v0.9.10 gives the two answers different To tags; RFC 3261 9.2 wants one',
    },
  ],
  caller: 'uac_cancel_quick',
  app: (srf, run) =>
    srf.invite((req, res) => {
      req.on('cancel', async () => {
        run.note('cancel')
        await run.pause(100)
        res.send(200, { body: sdp() }, (error) => run.note(`${error}`))
      })
    }),
  outcome: ['cancel', unknownTransaction],
})

inbound('16-inbound-rejected-486', {
  slot: 6,
  caller: 'uac_rejected',
  app: (srf, run) =>
    srf.invite((_req, res) => {
      const headers = { Reason: 'Q.850;cause=17;text="User busy"', 'X-Note': 'n1' }
      res.send(486, 'So Busy', { headers }, (error, sent) =>
        run.note(`${error} ${sent.status} ${sent.reason}`),
      )
    }),
  outcome: ['null 486 So Busy'],
})

inbound('17-inbound-180-183-prack', {
  slot: 7,
  caller: 'uac_prack',
  app: (srf, run) =>
    srf.invite((req, res) => {
      const reliable = { body: sdp(), headers: { Require: '100rel', RSeq: '1' } }
      res.send(
        183,
        reliable,
        (error) => run.note(`183 ${error}`),
        (prack) => {
          run.note(`${prack.method} ${/^\d+ 1 INVITE$/.test(prack.get('RAck') ?? '')}`)
          srf.createUAS(req, res, { localSdp: sdp() }, (_error, dialog) =>
            dialog?.on('destroy', () => run.note('destroyed')),
          )
        },
      )
    }),
  outcome: ['183 null', 'PRACK true', 'destroyed'],
})

inbound('18-inbound-100rel-not-supported', {
  slot: 8,
  caller: 'uac_call_bye',
  app: (srf, run) =>
    srf.invite((req, res) => {
      res.send(183, { body: sdp(), headers: { Require: '100rel' } }, (error) => {
        run.note(`${error}`)
        srf.createUAS(req, res, { localSdp: sdp() }, (_error, dialog) =>
          dialog?.on('destroy', () => run.note('destroyed')),
        )
      })
    }),
  outcome: ['Remote endpoint does not support 100rel', 'destroyed'],
})

inbound('19-inbound-180-unreliable-then-200', {
  slot: 9,
  caller: 'uac_call_bye',
  app: (srf, run) =>
    srf.invite(async (req, res) => {
      res.send(180)
      await run.pause(100)
      res.send(183, { body: sdp(), headers: { 'X-Early': '1' } })
      await run.pause(100)
      const headers = {
        Contact: 'sip:custom@localhost;x=1',
        'P-Asserted-Identity': '<sip:bob@localhost>',
      }
      await srf.createUAS(req, res, { localSdp: sdp(), headers })
      await run.pause(100)
      res.finished = false
      res.send(486, (error) => run.note(`${error}`))
    }),
  outcome: [unknownTransaction],
})

inbound('20-inbound-custom-to-tag', {
  slot: 10,
  caller: 'uac_call_bye',
  app: answer({ headers: { To: 'sip:bob@localhost;tag=myowntag' } }, (dialog, run) =>
    run.note(dialog.sip.localTag),
  ),
  outcome: ['up', 'myowntag', 'BYE: normal release'],
})

scenario('21-inbound-no-app', { slot: 11 }, async (run) => {
  expect(await (await run.sipp('uac_invite_503', { peer: 0 })).done).toBe(0)
  await run.app((srf) => srf.options((_req, res) => res.send(200)))
  expect(await (await run.sipp('uac_invite_503', { peer: 1 })).done).toBe(0)
  expect(await (await run.sipp('uac_options', { peer: 2 })).done).toBe(0)
})

inbound('22-inbound-3pcc-no-sdp', {
  slot: 12,
  caller: 'uac_3pcc_nosdp',
  app: answer({}, (dialog, run) =>
    dialog.on('ack', (ack) =>
      run.note(`ack ${ack.body.length}, remote ${dialog.remote.sdp.length}`),
    ),
  ),
  outcome: ['up', 'ack 141, remote 141', 'BYE: normal release'],
})
