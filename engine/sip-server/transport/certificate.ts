import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Clock } from '../clock.ts'

export interface CertificateFiles {
  /** PEM: our certificate, and those between it and the authority */
  readonly certFile: string
  /** PEM, without a password */
  readonly keyFile: string
}

export interface CertificatePair {
  readonly cert: Buffer
  readonly key: Buffer
}

/** What OpenSSL says, without its numbers. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^error:.*::/, '')

/** A PEM file as it is. Throws with one line. */
const readPem = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new Error(`TLS: ${file} can not be read (${reasonOf(error)})`, { cause: error })
  }
}

/** Certificates of authorities. Throws with one line: TLS takes rubbish, and then trusts nobody. */
export const readAuthorities = (file: string): Buffer => {
  const pem = readPem(file)
  try {
    new X509Certificate(pem)
  } catch (error) {
    throw new Error(`TLS: ${file} has no certificate in PEM (${reasonOf(error)})`, { cause: error })
  }
  return pem
}

/** Reads certificate and key, and sees that they belong together. Throws with one line. */
export const readPair = ({ certFile, keyFile }: CertificateFiles): CertificatePair => {
  const pair = { cert: readPem(certFile), key: readPem(keyFile) }
  try {
    createSecureContext(pair)
  } catch (error) {
    const files = `certificate ${certFile} with key ${keyFile}`
    throw new Error(`TLS: ${files} is not usable (${reasonOf(error)})`, { cause: error })
  }
  return pair
}

/** Tells one state of the files from another. */
export const stampOf = ({ certFile, keyFile }: CertificateFiles): string =>
  [certFile, keyFile]
    .map((file) => statSync(file, { throwIfNoEntry: false }))
    .map((found) => `${found?.mtimeMs} ${found?.size} ${found?.ino}`)
    .join()

export interface CertificateWatch {
  /** Reads them at once, changed or not. */
  read(): void
  stop(): void
}

/**
 * Looks from time to time whether the files are others than at `known`. A pair that is not usable is told once and
 * left: it may be half written, and then it changes again.
 */
export const watchPair = (
  files: CertificateFiles,
  clock: Clock,
  { everyMs, known }: { readonly everyMs: number; readonly known: string },
  heard: { changed(pair: CertificatePair): void; unusable(why: string): void },
): CertificateWatch => {
  let last = known
  let stop = (): void => undefined
  const look = (): void => {
    stop = clock.after(everyMs, look)
    const now = stampOf(files)
    if (now === last) return
    last = now
    read()
  }
  const read = (): void => {
    let pair: CertificatePair
    try {
      pair = readPair(files)
    } catch (error) {
      heard.unusable(reasonOf(error))
      return
    }
    heard.changed(pair)
  }
  stop = clock.after(everyMs, look)
  return { stop: () => stop(), read }
}
