import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SignEntry } from '../core/recording-chain.ts'

/** The installation's key (Ed25519) for the chains of recordings; who has the public one can check them, but not make any. */
const privateFile = (dataDir: string): string => join(dataDir, 'recording-chain-key.pem')
export const publicFile = (dataDir: string): string => join(dataDir, 'recording-chain.pem')

/** Signs entries; the key is made when it is first needed. */
export function chainSigner(dataDir: string): SignEntry {
  let key: KeyObject | undefined
  return (hash) => {
    key ??= openKey(dataDir)
    return sign(null, Buffer.from(hash, 'utf8'), key).toString('base64')
  }
}

function openKey(dataDir: string): KeyObject {
  const file = privateFile(dataDir)
  if (!existsSync(file)) {
    const pair = generateKeyPairSync('ed25519')
    const pem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' })
    writeFileSync(`${file}.part`, pem, { mode: 0o600 })
    renameSync(`${file}.part`, file)
  }
  const key = createPrivateKey(readFileSync(file, 'utf8'))
  if (!existsSync(publicFile(dataDir)))
    writeFileSync(publicFile(dataDir), createPublicKey(key).export({ type: 'spki', format: 'pem' }))
  return key
}

/** Whether the installation has signed that hash; throws when there is no key in the file. */
export function chainChecker(file: string): (hash: string, signature: string) => boolean {
  const key = createPublicKey(readFileSync(file, 'utf8'))
  return (hash, signature) =>
    verify(null, Buffer.from(hash, 'utf8'), key, Buffer.from(signature, 'base64'))
}
