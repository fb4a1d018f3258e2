import { createServer, type Server } from 'node:tls'
import type { Context } from '../context.ts'
import {
  type CertificateFiles,
  type CertificatePair,
  readPair,
  stampOf,
  watchPair,
} from '../transport/certificate.ts'

/** TLS for applications: the same bytes as without it. */
export interface ControlTls extends CertificateFiles {
  /** 0: any */
  readonly port: number
}

export interface SecureControl {
  readonly server: Server
  /** Reads the certificate files from time to time from now on; the returned function ends that. */
  watch(): () => void
}

/** A server whose connections are applications' once their handshake is through. Throws as `readPair`. */
export const secureControl = (
  sip: Pick<Context, 'clock' | 'timing' | 'log' | 'counters'>,
  files: ControlTls,
): SecureControl => {
  const { clock, timing, counters, log } = sip
  // the stamp first: files that change meanwhile are others then
  const known = stampOf(files)
  const pair: CertificatePair = readPair(files)
  const server = createServer({ ...pair, handshakeTimeout: timing.authenticateMs })
  server.on('tlsClientError', (_error, socket) => {
    counters.dropped.handshake++
    socket.destroy()
  })
  const watch = (): (() => void) =>
    watchPair(
      files,
      clock,
      { everyMs: timing.certificateMs, known },
      {
        changed: (renewed) => {
          server.setSecureContext(renewed)
          log({ event: 'tls.certificate', certFile: files.certFile })
        },
        unusable: (why) => log({ event: 'tls.unusable', why }),
      },
    ).stop
  return { server, watch }
}
