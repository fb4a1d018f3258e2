/** What scenarios share whose application places the call. */
import type { Run } from './run.ts'
import { reply, sdp } from './sip-text.ts'
import type { CallParts, CallProgress, Dialog, SipMessage, Srf, SrfRequest } from './srf.ts'
import type { UdpPeer } from './udp-peer.ts'

/** Places a call, noting provisional responses, the outcome and the end of the dialog. */
export async function placeCall(
  run: Run,
  srf: Srf,
  uri: string,
  parts: CallParts = {},
  progress: CallProgress = {},
): Promise<Dialog | undefined> {
  const cbProvisional = (res: SipMessage): void => run.note(`${res.status} ${res.reason}`)
  try {
    const dialog = await srf.createUAC(
      uri,
      { localSdp: sdp(), callingNumber: '1001', ...parts },
      { cbProvisional, ...progress },
    )
    run.note(
      dialog.id === `${dialog.sip.callId};from-tag=${dialog.sip.localTag}` ? 'up' : dialog.id,
    )
    dialog.on('destroy', (message, reason) => run.note(`${message.method}: ${reason}`))
    return dialog
  } catch (error) {
    run.note(error instanceof Error ? error.message : `${error}`)
    return
  }
}

/** As `placeCall`, but also hands out the INVITE that was sent. */
export async function placeCancellable(
  run: Run,
  srf: Srf,
  uri: string,
): Promise<{ invite: SrfRequest; settled: Promise<Dialog | undefined> }> {
  let settled: Promise<Dialog | undefined> | undefined
  const invite = await new Promise<SrfRequest>((resolve, reject) => {
    const cbRequest = (error: Error | null, req: SrfRequest): void =>
      error ? reject(error) : resolve(req)
    settled = placeCall(run, srf, uri, {}, { cbRequest })
  })
  return { invite, settled: settled ?? Promise.resolve(undefined) }
}

/** A callee that accepts whatever comes, INVITEs with an SDP answer. */
export function acceptAll(run: Run, peer: UdpPeer, index = 0): void {
  peer.onMessage = (message) => {
    if (!message.method || message.method === 'ACK') return
    const body = message.method === 'INVITE' ? sdp(41_000) : ''
    const headers = { Contact: `<${run.peerUri(index)}>` }
    peer.send(reply(message, 200, 'OK', { headers, body }))
  }
}
