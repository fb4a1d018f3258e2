import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { selfSigned } from '../../engine/compose/self-signed.ts'

export interface TestCertificate {
  readonly certFile: string
  readonly keyFile: string
  /** Another certificate takes its place. */
  renew(): void
  /** The certificate is no certificate any more. */
  spoil(): void
  remove(): void
}

/** A certificate and its key as PEM files in a folder of their own. */
export function certificateFiles(names = ['localhost', '127.0.0.1', '::1']): TestCertificate {
  const folder = mkdtempSync(join(tmpdir(), 'ringdown-tls-'))
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const renew = (): void => {
    const nowMs = Date.now()
    const { cert, key } = selfSigned(names, { fromMs: nowMs - 60_000, toMs: nowMs + 3_600_000 })
    writeFileSync(certFile, cert)
    writeFileSync(keyFile, key)
  }
  renew()
  const spoil = (): void => writeFileSync(certFile, 'no certificate')
  return { certFile, keyFile, renew, spoil, remove: () => rmSync(folder, { recursive: true }) }
}
