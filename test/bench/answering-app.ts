import { Srf } from '../support/drachtio/srf.ts'
import { phoneSdp } from '../support/scripted-phone.ts'

/**
 * The plainest application there can be: rings and answers every call, until the caller hangs up. A
 * process of its own; `node answering-app.ts <control port> <secret>` says `connected` to its parent.
 */
const [, , port = '', secret = ''] = process.argv
const sdp = phoneSdp('127.0.0.1', 4_000)

const srf = new Srf()
srf.invite((req, res) => {
  res.send(180)
  srf.createUAS(req, res, { localSdp: sdp }).then(
    (dialog) => dialog.on('destroy', () => undefined),
    (error: unknown) => process.send?.(`not answered: ${String(error)}`),
  )
})
srf.on('connect', () => process.send?.('connected'))
srf.connect({ host: '127.0.0.1', port: Number(port), secret })
process.on('disconnect', () => process.exit(0))
