/** RFC 4028 session timers, kept by the server on behalf of the application. */
import { expect } from 'vitest'
import { type Spec, scenario } from '../support/drachtio/scenario.ts'
import { sdp } from '../support/drachtio/sip-text.ts'
import type { CallParts } from '../support/drachtio/srf.ts'

function inbound(name: string, caller: string, spec: Spec, parts: CallParts = {}): void {
  scenario(name, spec, async (run) => {
    await run.appThenMark((srf) =>
      srf.invite((req, res) => {
        srf.createUAS(req, res, { localSdp: sdp(), ...parts }, (_error, dialog) => {
          dialog?.on('destroy', (bye, reason) => run.note(`${bye.method}: ${reason}`))
          dialog?.on('refresh', () => run.note('refresh'))
        })
      }),
    )
    expect(await (await run.sipp(caller, { peer: 0, timeoutSeconds: 130 })).done).toBe(0)
  })
}

const normal = { outcome: ['BYE: normal release'] }

inbound('a1-session-timer-uac-refresher', 'uac_sessiontimer', { slot: 97, ...normal })
inbound('a2-session-timer-no-refresher', 'uac_sessiontimer_norefresher', { slot: 98, ...normal })
inbound('a3-session-timer-small', 'uac_sessiontimer_small', {
  slot: 99,
  ...normal,
  differs: [
    {
      what: /srv > APP1: sip\|.*\+ ACK/,
      because: 'the ACK to the 422 of the server itself is no business of the application',
      sometimes: true,
    },
  ],
})
inbound('a4-session-timer-expiry', 'uac_sessiontimer_norefresh', {
  slot: 100,
  needs: { speed: 30 },
  outcome: ['BYE: Session timer expired'],
})

scenario(
  'a5-session-timer-server-refreshes',
  {
    slot: 101,
    needs: { speed: 30 },
    outcome: ['destroyed'],
    differs: [
      {
        what: /added "Supported: timer"/,
        because: 'RFC 4028 section 7.4: a refresh says Supported: timer like the first request',
      },
    ],
  },
  async (run) => {
    const srf = await run.app()
    const bob = await run.sipp('uas_sessiontimer', { peer: 0, timeoutSeconds: 140 })
    run.mark()
    const headers = { Supported: 'timer', 'Session-Expires': '90', 'Min-SE': '90' }
    const parts = { localSdp: sdp(), callingNumber: '1001', headers }
    const dialog = await srf.createUAC(run.peerUri(0), parts)
    await run.pause(57_000)
    await dialog.destroy()
    run.note('destroyed')
    expect(await bob.done).toBe(0)
  },
)

inbound(
  'd1-session-timer-by-app',
  'uac_sessiontimer',
  { slot: 102, ...normal },
  { headers: { 'Session-Expires': '120;refresher=uac', Require: 'timer' } },
)
