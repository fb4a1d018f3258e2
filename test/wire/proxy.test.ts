/** The application hands a request to the server's own proxy. */
import { expect } from 'vitest'
import type { Difference } from '../support/drachtio/compare.ts'
import type { Run } from '../support/drachtio/run.ts'
import { type Spec, scenario } from '../support/drachtio/scenario.ts'
import { contactUri, type PeerMessage, reply, request, sdp } from '../support/drachtio/sip-text.ts'
import type { ProxyParts, Srf, SrfRequest } from '../support/drachtio/srf.ts'

/** Proxies one request and notes how that ended. */
async function forward(
  run: Run,
  req: SrfRequest,
  to: string | readonly string[],
  parts: ProxyParts = {},
): Promise<void> {
  const result = await req.srf.proxyRequest(req, to, parts).then(
    ({ connected, finalStatus }) => `${connected ? 'connected' : 'failed'} ${finalStatus}`,
    (error: unknown) => `${error}`.trim(),
  )
  run.note(result)
}

const target = (run: Run, peer: number): string => `sip:127.0.0.1:${run.ports.peer(peer)}`

/** Holds for every proxied request. */
const hops: Difference = {
  what: /^header srv > p\d: (ACK|BYE|CANCEL) .*(no|added) "Max-Forwards: (69|70)"/,
  because:
    'v0.9.10 does not count hops in a dialog (RFC 3261 16.6 step 3) and sends ACK and CANCEL without the header',
}

interface Proxied extends Spec {
  /** sipp callees at peers 1, 2, ...; undefined leaves the port silent. */
  readonly callees: readonly (string | undefined)[]
  readonly caller?: string
  readonly destinations: (run: Run) => string | readonly string[]
  readonly parts?: ProxyParts
}

function proxied(name: string, proxy: Proxied): void {
  const { callees, caller = 'uac_call_bye', destinations, parts = {}, ...spec } = proxy
  const differs = [{ ...hops, sometimes: true }, ...(spec.differs ?? [])]
  scenario(name, { ...spec, differs }, async (run) => {
    await run.app((srf) => {
      srf.invite((req) => void forward(run, req, destinations(run), parts))
      srf.bye((_req, res) => {
        run.note('BYE at the application')
        res.send(200)
      })
    })
    for (const [index, callee] of callees.entries()) if (!callee) await run.udp(index + 1)
    const answering = await Promise.all(
      callees.flatMap((callee, index) => {
        const extra = ['-key', 'redir_port', `${run.ports.peer(2)}`]
        return callee === undefined ? [] : [run.sipp(callee, { peer: index + 1, extra })]
      }),
    )
    run.mark()
    expect(await (await run.sipp(caller, { peer: 0 })).done, 'caller').toBe(0)
    for (const callee of answering) expect(await callee.done, 'callee').toBe(0)
  })
}

const both = (run: Run): string[] => [target(run, 1), target(run, 2)]
const first = (run: Run): string => target(run, 1)

proxied('70-proxy-one-destination-recordroute', {
  slot: 46,
  callees: ['uas_answer_waitbye'],
  destinations: first,
  parts: { recordRoute: true },
  outcome: ['connected 200'],
})

scenario(
  '71-proxy-one-destination-no-recordroute',
  { slot: 47, outcome: ['connected 200'] },
  async (run) => {
    const to = (): string => `127.0.0.1:${run.ports.peer(1)}`
    await run.app((srf) => srf.invite((req) => void forward(run, req, to())))
    const callee = await run.sipp('uas_answer_waitbye', { peer: 1 })
    const alice = await run.udp(0)
    run.mark()
    const from = '<sip:alice@127.0.0.1>;tag=at1'
    const call = { ...run.caller('proxy-no-rr'), from, to: '<sip:bob@127.0.0.1>' }
    alice.send(request('INVITE', run.uri, { ...call, body: sdp() }))
    const ok = await alice.status(200)
    const uri = contactUri(ok)
    const inDialog = { ...call, to: ok.get('to') ?? '', contact: undefined }
    alice.send(request('ACK', uri, inDialog), run.ports.peer(1))
    await run.pause(400)
    alice.send(request('BYE', uri, { ...inDialog, cseq: 2 }), run.ports.peer(1))
    expect(await callee.done).toBe(0)
    // The server was never part of the dialog, so it must not act on this one.
    alice.send(request('BYE', uri, { ...inDialog, cseq: 3 }))
    await alice.status(481)
  },
)

proxied('72-proxy-two-serial', {
  slot: 48,
  callees: ['uas_busy', 'uas_answer_waitbye'],
  destinations: both,
  parts: { recordRoute: true },
  outcome: ['connected 200'],
})

proxied('74-proxy-all-fail', {
  slot: 49,
  callees: ['uas_480', 'uas_busy'],
  caller: 'uac_rejected_any',
  destinations: both,
  outcome: ['failed 486'],
})

proxied('75-proxy-follow-redirect', {
  slot: 50,
  callees: ['uas_redirect', 'uas_answer_waitbye'],
  destinations: first,
  parts: { followRedirects: true, recordRoute: true },
  outcome: ['connected 200'],
})

proxied('77-proxy-provisional-timeout', {
  slot: 51,
  callees: [undefined, 'uas_answer_waitbye'],
  destinations: both,
  parts: { recordRoute: true, provisionalTimeout: '1s' },
  outcome: ['connected 200'],
})

proxied('78-proxy-bad-destination', {
  slot: 52,
  callees: [],
  caller: 'uac_rejected_any',
  destinations: () => 'sip:x@127.0.0.1:1;transport=ws',
  outcome: ['error proxying request to'],
})

const oneTag = {
  what: /^symbol srv > p0: SIP\/2\.0 487.*tag of another/,
  because: 'v0.9.10 answers CANCEL and INVITE with different To tags; RFC 3261 9.2 wants one',
}

scenario(
  '90-proxy-cancel-raw',
  { slot: 53, outcome: ['failed 487'], differs: [hops, oneTag] },
  async (run) => {
    const alice = await run.udp(0)
    const callee = await run.udp(1)
    let invite: PeerMessage | undefined
    callee.onMessage = (message) => {
      if (message.method === 'INVITE') {
        invite = message
        callee.send(reply(message, 180, 'Ringing'))
      }
      if (message.method !== 'CANCEL' || !invite) return
      callee.send(reply(message, 200, 'OK'))
      callee.send(reply(invite, 487, 'Request Terminated'))
    }
    await run.appThenMark((srf) =>
      srf.invite((req) => void forward(run, req, target(run, 1), { recordRoute: true })),
    )
    const call = { ...run.caller('pcancel'), branch: 'z9hG4bKpc' }
    alice.send(request('INVITE', run.uri, { ...call, body: sdp() }))
    await alice.status(180)
    await run.pause(100)
    alice.send(request('CANCEL', run.uri, { ...call, contact: undefined }))
    const final = await alice.status(487)
    alice.send(request('ACK', run.uri, { ...call, to: final.get('to') ?? '', contact: undefined }))
    await run.pause(400)
  },
)

scenario(
  '91-proxy-fork-raw',
  { slot: 54, outcome: ['connected 200'], differs: [hops] },
  async (run) => {
    const alice = await run.udp(0)
    const ringing = await run.udp(1)
    const answering = await run.udp(2)
    let invite: PeerMessage | undefined
    ringing.onMessage = (message) => {
      if (message.method === 'INVITE') {
        invite = message
        ringing.send(reply(message, 180, 'Ringing', { tag: 'c1' }))
      }
      if (message.method !== 'CANCEL' || !invite) return
      ringing.send(reply(message, 200, 'OK', { tag: 'c1' }))
      ringing.send(reply(invite, 487, 'Request Terminated', { tag: 'c1' }))
    }
    answering.onMessage = (message) => {
      if (message.method !== 'INVITE') return
      const headers = { Contact: `<${run.peerUri(2, 'c2')}>` }
      const ok = reply(message, 200, 'OK', { tag: 'c2', headers, body: sdp() })
      setTimeout(() => answering.send(ok), 300)
    }
    await run.appThenMark((srf) =>
      srf.invite((req) => void forward(run, req, both(run), { forking: 'simultaneous' })),
    )
    const call = run.caller('pfork')
    alice.send(request('INVITE', run.uri, { ...call, body: sdp() }))
    const ok = await alice.status(200)
    const ack = { ...call, to: ok.get('to') ?? '', contact: undefined }
    alice.send(request('ACK', contactUri(ok), ack), run.ports.peer(2))
    await run.pause(400)
  },
)

scenario(
  '92-proxy-retrans-and-timeouts',
  {
    slot: 55,
    needs: { speed: 10 },
    outcome: ['connected 200', 'failed undefined'],
    differs: [
      {
        what: /^missing (srv > APP1|APP1 > srv|srv > p1|p1 > srv)/,
        because:
          'v0.9.10 takes the INVITE repeated after the final response for a new request, and proxies it again',
      },
      {
        what: /^((missing|extra|header|repeats) srv > p0: SIP\/2\.0 \d+|symbol)/,
        because: 'so the caller of that second proxying sees other responses',
      },
    ],
  },
  async (run) => {
    const alice = await run.udp(0)
    const callee = await run.udp(1)
    await run.udp(2)
    let ok: string | undefined
    callee.onMessage = (message) => {
      if (message.method !== 'INVITE' || ok) return
      const headers = { Contact: `<${run.peerUri(1, 'c')}>` }
      ok = reply(message, 200, 'OK', { headers, body: sdp() })
      void run.pause(400).then(() => callee.send(ok ?? ''))
    }
    await run.appThenMark((srf) =>
      srf.invite((req) => {
        const silent = (req.get('call-id') ?? '').startsWith('silent')
        void forward(run, req, target(run, silent ? 2 : 1), { recordRoute: true })
      }),
    )
    const invite = request('INVITE', run.uri, {
      ...run.caller('pretrans'),
      branch: 'z9hG4bKpr',
      body: sdp(),
    })
    alice.send(invite)
    await run.pause(200)
    alice.send(invite)
    await alice.status(200)
    await run.pause(2000)
    callee.send(ok ?? '')
    await alice.status(200)
    await run.pause(1000)
    alice.send(invite)
    await run.pause(4000)
    alice.send(request('INVITE', run.uri, { ...run.caller('silent-1'), body: sdp() }))
    await alice.status(408, 'silent-1', 40_000)
    await run.pause(1000)
  },
)

scenario(
  'c6-proxy-non-invite',
  {
    slot: 56,
    needs: { speed: 10 },
    outcome: ['connected 200', 'connected 200', 'failed undefined'],
    differs: [
      {
        what: /^extra srv > (p0: SIP\/2\.0 408|APP1: response.*(408|done))/,
        because: 'v0.9.10 says nothing at all when the target of a proxied non-INVITE stays silent',
      },
      {
        what: /^repeats srv > p2: OPTIONS/,
        because: 'v0.9.10 doubles its interval without the limit of T2',
      },
    ],
  },
  async (run) => {
    const accept = await run.udp(1)
    accept.onMessage = (message) => accept.send(reply(message, 200, 'OK'))
    await run.udp(2)
    const alice = await run.udp(0)
    const relay = (peer: number, parts: ProxyParts) => (req: SrfRequest) =>
      void forward(run, req, target(run, peer), parts)
    await run.appThenMark((srf: Srf) => {
      srf.register(relay(1, { recordRoute: true }))
      srf.message(relay(1, { recordRoute: true }))
      srf.options(relay(2, {}))
    })
    for (const method of ['REGISTER', 'MESSAGE']) {
      const body = method === 'MESSAGE' ? 'x' : ''
      const parts = { ...run.caller(`p-${method}`), body, contentType: 'text/plain' }
      alice.send(request(method, run.uri, parts))
      await alice.status(200, `p-${method}`)
    }
    alice.send(request('OPTIONS', run.uri, run.caller('p-OPTIONS')))
    await alice.status(408, 'p-OPTIONS', 40_000)
  },
)
