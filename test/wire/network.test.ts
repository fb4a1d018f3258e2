/** Addresses, connections and records: what depends on how the server was started. */
import { createServer } from 'node:net'
import { expect } from 'vitest'
import { acceptAll } from '../support/drachtio/outbound.ts'
import { scenario } from '../support/drachtio/scenario.ts'
import { contactUri, parseMessage, reply, request, sdp } from '../support/drachtio/sip-text.ts'
import { listenOn } from '../support/drachtio/sockets.ts'
import type { Dialog } from '../support/drachtio/srf.ts'
import { TcpPeer } from '../support/drachtio/tcp-peer.ts'

scenario(
  'c1-external-ip',
  { slot: 106, needs: { externalAddress: '203.0.113.9' } },
  async (run) => {
    const bob = await run.udp(0)
    acceptAll(run, bob)
    const srf = await run.appThenMark()
    const parts = { localSdp: sdp(), callingNumber: '1001' }
    const dialog = await srf.createUAC(run.peerUri(0), parts)
    await run.pause(100)
    await dialog.destroy()
    await new Promise<void>((resolve, reject) => {
      srf.request(run.peerUri(0), { method: 'OPTIONS' }, (error, req) => {
        if (error) return reject(error)
        req.on('response', () => resolve())
      })
    })
    srf.invite((req, res) => srf.createUAS(req, res, { localSdp: sdp() }))
    await run.pause(50)
    await run.answered()
    expect(await (await run.sipp('uac_call_bye', { peer: 1 })).done).toBe(0)
  },
)

scenario(
  'c2-tcp-connection-loss-and-keepalive',
  { slot: 107, outcome: ['destroyed'] },
  async (run) => {
    let dialog: Dialog | undefined
    await run.appThenMark((srf) =>
      srf.invite(async (req, res) => {
        dialog = await srf.createUAS(req, res, { localSdp: sdp() })
      }),
    )
    const listener = createServer((socket) => {
      socket.on('data', (chunk) => {
        const text = chunk.toString('utf8')
        run.recorder.sip('srv', run.ports.peer(1), text)
        const answer = reply(parseMessage(text), 200, 'OK')
        run.recorder.sip(run.ports.peer(1), 'srv', answer)
        socket.write(answer)
      })
      socket.on('error', () => {})
    })
    await listenOn(listener, run.ports.peer(1))
    run.cleanup(() => listener.close())

    const alice = await TcpPeer.open(run.ports.peer(0), run.server.sipPort, run.recorder)
    run.cleanup(() => alice.close())
    alice.send('\r\n\r\n')
    await run.pause(200)
    const contact = `<${run.peerUri(1, 'alice')};transport=tcp>`
    const caller = { ...run.caller('tcp-loss'), transport: 'TCP', contact } as const
    const invite = request('INVITE', `${run.uri};transport=tcp`, { ...caller, body: sdp() })
    alice.send(invite.slice(0, 200))
    await run.pause(50)
    alice.send(invite.slice(200))
    const ok = await alice.status(200)
    const inDialog = { ...caller, to: ok.get('to') ?? '', contact: undefined }
    alice.send(request('ACK', contactUri(ok), inDialog))
    await run.pause(150)
    alice.close()
    await run.pause(150)
    await dialog?.destroy()
    run.note('destroyed')
  },
)

scenario('d0-cancel-after-200', { slot: 108, outcome: ['up'] }, async (run) => {
  const alice = await run.udp(0)
  await run.appThenMark((srf) =>
    srf.invite(async (req, res) => {
      req.on('cancel', () => run.note('cancel'))
      const dialog = await srf.createUAS(req, res, { localSdp: sdp() })
      run.note('up')
      dialog.on('destroy', () => run.note('destroyed'))
    }),
  )
  const caller = { ...run.caller('late-cancel'), branch: 'z9hG4bKlc' }
  alice.send(request('INVITE', run.uri, { ...caller, body: sdp() }))
  const ok = await alice.status(200)
  alice.send(request('CANCEL', run.uri, { ...caller, contact: undefined }))
  await alice.status(481)
  const parts = { ...run.caller('late-cancel'), to: ok.get('to') ?? '', contact: undefined }
  alice.send(request('ACK', contactUri(ok), parts))
  await run.pause(400)
})

scenario(
  'd2-invite-without-contact',
  { slot: 109, outcome: ['createUAS: Request is missing Contact header', 'no dialog'] },
  async (run) => {
    const alice = await run.udp(0)
    await run.appThenMark((srf) =>
      srf.invite((req, res) => {
        srf.createUAS(req, res, { localSdp: sdp() }, (error, dialog) =>
          run.note(
            run.outcome.length === 0 ? `${error?.message}` : dialog ? 'dialog' : 'no dialog',
          ),
        )
      }),
    )
    const caller = { ...run.caller('no-contact'), contact: undefined }
    alice.send(request('INVITE', run.uri, { ...caller, body: sdp() }))
    const ok = await alice.status(200)
    alice.send(request('ACK', contactUri(ok), { ...caller, to: ok.get('to') ?? '' }))
    await run.pause(200)
  },
)
