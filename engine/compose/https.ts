import type { HttpsOptions } from '../api/options.ts'
import type { RunningApi } from '../api/server.ts'
import { readPair, stampOf, watchPair } from '../sip-server/transport/certificate.ts'
import type { Build } from './build.ts'
import { certificateOf } from './certificate.ts'
import { clock } from './clock.ts'

/** As often as the SIP server does. */
const lookEveryMs = 10_000

export interface Https {
  readonly options: HttpsOptions
  /** Sees to it that the API has the newest certificate; the returned function reads it at once. */
  watch(api: RunningApi): () => void
}

/**
 * HTTPS with the certificate of SIP over TLS; undefined: it is off, or there is no certificate. A port that only a
 * certificate of our own wants may be taken. Throws with one clear line when the files are not usable.
 */
export function httpsOf({ config, closers, log }: Build): Https | undefined {
  const { port, isAskedFor } = config.https
  const files = port === undefined ? undefined : certificateOf(config, log)
  if (port === undefined || files === undefined) return undefined
  // the stamp first: files that change meanwhile are others then
  const known = stampOf(files)
  const certificate = readPair(files)
  const isOptional = config.tls.files === undefined && !isAskedFor
  return {
    options: { port, certificate, isOptional },
    watch(api) {
      const watched = watchPair(
        files,
        clock,
        { everyMs: lookEveryMs, known },
        {
          changed: (renewed) => {
            api.renewCertificate(renewed)
            log.info('HTTPS has another certificate', { certFile: files.certFile })
          },
          unusable: (why) =>
            log.warn('HTTPS keeps its certificate: the new one is not usable', { why }),
        },
      )
      closers.add(watched.stop)
      return watched.read
    },
  }
}
