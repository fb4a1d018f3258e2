import { createPrivateKey, X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/ports/observe.ts'
import { clock } from './clock.ts'
import { selfSigned } from './self-signed.ts'

export interface CertificateFiles {
  readonly certFile: string
  readonly keyFile: string
}

const dayMs = 24 * 3600 * 1000
/** As long as clients take one at all. */
const lastsMs = 825 * dayMs
const renewedMs = 30 * dayMs

/**
 * The certificate that is set, or while the lab is on one of our own that is kept in the data folder.
 * Undefined: there is none, and so no TLS.
 */
export function certificateOf(config: Config, log: Log): CertificateFiles | undefined {
  if (config.tls.files !== undefined) return config.tls.files
  if (!config.lab) return undefined
  const files = {
    certFile: join(config.dataDir, 'tls-cert.pem'),
    keyFile: join(config.dataDir, 'tls-key.pem'),
  }
  try {
    const names = ['localhost', '127.0.0.1', '::1', config.publicAddress]
    if (!isGood(files, config.publicAddress)) make(files, [...new Set(names)])
    return files
  } catch (error) {
    log.warn('no certificate can be made: there is no TLS', { error: String(error) })
    return undefined
  }
}

function isGood({ certFile, keyFile }: CertificateFiles, address: string): boolean {
  if (!existsSync(certFile) || !existsSync(keyFile)) return false
  try {
    const cert = new X509Certificate(readFileSync(certFile))
    const speaksForUs = isIP(address) === 0 ? cert.checkHost(address) : cert.checkIP(address)
    if (!cert.checkPrivateKey(createPrivateKey(readFileSync(keyFile)))) return false
    return speaksForUs !== undefined && cert.validToDate.getTime() > clock.nowMs() + renewedMs
  } catch {
    return false
  }
}

function make({ certFile, keyFile }: CertificateFiles, names: readonly string[]): void {
  const nowMs = clock.nowMs()
  // whoever's clock is behind ours a little shall take it too
  const { cert, key } = selfSigned(names, { fromMs: nowMs - dayMs, toMs: nowMs + lastsMs })
  for (const [file, text] of [
    [keyFile, key],
    [certFile, cert],
  ] as const) {
    writeFileSync(`${file}.part`, text, { mode: 0o600 })
    renameSync(`${file}.part`, file)
  }
}
