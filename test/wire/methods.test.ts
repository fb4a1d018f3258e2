/** Requests other than INVITE: registration, messages, subscriptions. */
import { expect } from 'vitest'
import type { Run } from '../support/drachtio/run.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import { reply } from '../support/drachtio/sip-text.ts'
import type { MessageParts, SipMessage, Srf } from '../support/drachtio/srf.ts'

/** Sends a request outside of dialogs; resolves with its final response. */
function ask(srf: Srf, uri: string, parts: MessageParts): Promise<SipMessage> {
  return new Promise((resolve, reject) => {
    srf.request(uri, parts, (error, req) => {
      if (error) return reject(error)
      req.on('response', (res) => {
        if (res.status >= 200) resolve(res)
      })
    })
  })
}

async function caller(run: Run, name: string, peer = 0, extra: string[] = []): Promise<void> {
  expect(await (await run.sipp(name, { peer, extra })).done, name).toBe(0)
}

scenario('60-register-digest', { slot: 36, outcome: ['401', '200'] }, async (run) => {
  await run.appThenMark((srf) =>
    srf.register((req, res) => {
      if (!req.get('Authorization')) {
        run.note('401')
        const challenge = 'Digest realm="example.test", nonce="abc123", algorithm=MD5, qop="auth"'
        return res.send(401, { headers: { 'WWW-Authenticate': challenge } })
      }
      run.note('200')
      const headers = {
        Contact: `${req.get('Contact')};expires=300`,
        Expires: '300',
        Date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      }
      res.send(200, { headers })
    }),
  )
  await caller(run, 'uac_register', 0, ['-au', 'alice', '-ap', 'secret'])
})

scenario('61-register-outbound-auth', { slot: 37, outcome: ['200'] }, async (run) => {
  const srf = await run.app()
  const registrar = await run.sipp('uas_register_401', { peer: 0 })
  run.mark()
  const headers = {
    From: '<sip:bob@example.test>',
    To: '<sip:bob@example.test>',
    Contact: '<sip:bob@localhost>',
    Expires: '3600',
  }
  const auth = { username: 'bob', password: 'pw' }
  const uri = `sip:127.0.0.1:${run.ports.peer(0)}`
  const final = await ask(srf, uri, { method: 'REGISTER', headers, auth })
  run.note(`${final.status}`)
  expect(await registrar.done).toBe(0)
})

scenario(
  '62-message-options-info-publish',
  { slot: 38, outcome: ['"hello from sipp\\r\\n"'] },
  async (run) => {
    await run.appThenMark((srf) => {
      srf.message((req, res) => {
        run.note(JSON.stringify(req.body))
        res.send(200)
      })
      const headers = { Allow: 'INVITE, ACK, BYE', Accept: 'application/sdp' }
      srf.options((_req, res) => res.send(200, { headers }))
      srf.info((_req, res) => res.send(200))
      srf.publish((_req, _res, next) => next())
    })
    const callers = ['uac_message', 'uac_options', 'uac_info_ood', 'uac_404']
    for (const [peer, name] of callers.entries()) await caller(run, name, peer)
  },
)

const outgoing: readonly MessageParts[] = [
  {
    method: 'MESSAGE',
    headers: { 'Content-Type': 'text/plain; charset=utf-8' },
    body: 'grüße 😀',
  },
  { method: 'OPTIONS' },
  {
    method: 'NOTIFY',
    headers: {
      Event: 'message-summary',
      'Subscription-State': 'active',
      'Content-Type': 'application/simple-message-summary',
    },
    body: 'Messages-Waiting: yes\r\nVoice-Message: 2/8 (0/2)\r\n',
  },
  { method: 'REFER', headers: { 'Refer-To': '<sip:c@d>', Contact: '<sip:x@localhost>' } },
]

scenario(
  '63-outbound-message-options-refer',
  {
    slot: 39,
    outcome: ['MESSAGE 200', 'OPTIONS 200', 'NOTIFY 200', 'REFER 202'],
    differs: [
      {
        what: /srv > APP1: sip\|.*SIP\/2\.0 202 OK \(REFER\)/,
        because: 'a REFER outside a call makes a dialog (RFC 3515), and its answer names it',
      },
    ],
  },
  async (run) => {
    const bob = await run.udp(0)
    bob.onMessage = (message) => {
      const headers = message.method === 'OPTIONS' ? { Allow: 'INVITE' } : {}
      bob.send(reply(message, message.method === 'REFER' ? 202 : 200, 'OK', { headers }))
    }
    const srf = await run.appThenMark()
    for (const parts of outgoing)
      run.note(`${parts.method} ${(await ask(srf, run.peerUri(0), parts)).status}`)
    expect(bob.arrivals.all[0]?.body).toBe('grüße 😀')
  },
)

const summary =
  'Messages-Waiting: yes\r\nMessage-Account: sip:alice@example.test\r\nVoice-Message: 2/8 (0/2)\r\n'

scenario(
  '64-subscribe-mwi-uas',
  {
    slot: 40,
    outcome: [
      'up',
      'active;expires=3600 200',
      'destroyed',
      'terminated;reason=timeout 200',
      'active Server error: unable to find dialog for dialog id provided',
    ],
  },
  async (run) => {
    let finished: () => void = () => {}
    const done = new Promise<void>((resolve) => {
      finished = resolve
    })
    await run.appThenMark((srf) =>
      srf.subscribe(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { headers: { Expires: req.get('Expires') } })
        run.note('up')
        dialog.on('destroy', () => run.note('destroyed'))
        for (const state of ['active;expires=3600', 'terminated;reason=timeout', 'active']) {
          await run.pause(150)
          const headers = {
            Event: 'message-summary',
            'Subscription-State': state,
            'Content-Type': 'application/simple-message-summary',
          }
          const result = await dialog.request({ method: 'NOTIFY', headers, body: summary }).then(
            (answer) => answer.status,
            (error: Error) => error.message,
          )
          run.note(`${state} ${result}`)
        }
        finished()
      }),
    )
    await caller(run, 'uac_subscribe_mwi')
    await done
  },
)

scenario(
  '65-subscribe-unsubscribe-uas',
  { slot: 41, outcome: ['unsubscribe', 'destroyed'] },
  async (run) => {
    await run.appThenMark((srf) =>
      srf.subscribe(async (req, res) => {
        const dialog = await srf.createUAS(req, res, { headers: { Expires: req.get('Expires') } })
        dialog.on('unsubscribe', async () => {
          run.note('unsubscribe')
          await dialog.destroy()
          run.note('destroyed')
        })
        await run.pause(50)
        const headers = { Event: 'message-summary', 'Subscription-State': 'active' }
        await dialog.request({ method: 'NOTIFY', headers })
      }),
    )
    await caller(run, 'uac_subscribe_then_unsubscribe')
  },
)

const killedByItself =
  'v0.9.10 answers a terminating NOTIFY 500 by itself, and refuses the 200 of the application'

scenario(
  '66-subscribe-uac',
  {
    slot: 42,
    outcome: ['SUBSCRIBE', 'active;expires=3599', 'terminated;reason=timeout', 'destroyed'],
    differs: [
      { what: /^missing srv > p0: SIP\/2\.0 500 .*\(NOTIFY\)/, because: killedByItself },
      { what: /^extra srv > p0: SIP\/2\.0 200 OK \(NOTIFY\)/, because: killedByItself },
      {
        what: /^missing srv > APP1: response\|‹id›\|NOK\|Response not sent/,
        because: killedByItself,
      },
      { what: /^extra srv > APP1: response\|‹id›\|OK.*\(NOTIFY\)/, because: killedByItself },
    ],
  },
  async (run) => {
    const srf = await run.app()
    const notifier = await run.sipp('uas_subscribe_notify', { peer: 0 })
    run.mark()
    const headers = {
      Event: 'message-summary',
      Expires: '3600',
      Accept: 'application/simple-message-summary',
      From: '<sip:bob@localhost>',
      To: '<sip:bob@localhost>',
    }
    const dialog = await srf.createUAC(run.peerUri(0), { method: 'SUBSCRIBE', headers })
    run.note(dialog.dialogType)
    dialog.on('notify', (req, res) => {
      run.note(req.get('Subscription-State') ?? '')
      res.send(200)
    })
    dialog.on('destroy', () => run.note('destroyed'))
    expect(await notifier.done).toBe(0)
  },
)
