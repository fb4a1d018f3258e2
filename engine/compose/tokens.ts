import { createHmac, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/index.ts'
import type { Tokens } from '../core/ports/tokens.ts'
import { createTokens } from '../tokens/index.ts'
import { clock } from './clock.ts'

/** Who makes and checks bearer tokens. Rejects with one line for the operator when a key is not usable. */
export async function openTokens(config: Config): Promise<Tokens> {
  const secret = config.secrets.jwt ?? keptSecret(config)
  const { jwtPublicKeyFile: file } = config
  if (file === undefined) return createTokens({ secret, clock })
  try {
    return await createTokens({ secret, publicKeyPem: readFileSync(file, 'utf8'), clock })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`RINGDOWN_JWT_PUBLIC_KEY: ${file} is not a public key in PEM: ${why}`)
  }
}

/** The key of the tokens of devices: of one origin with the other one, and of no use for it. */
export const deviceTokenKey = (config: Config): Buffer =>
  createHmac('sha256', config.secrets.jwt ?? keptSecret(config))
    .update('device tokens')
    .digest()

/** The key of links to recordings comes of it: of no use for tokens. */
export const linkSecret = (config: Config): string =>
  createHmac('sha256', config.secrets.jwt ?? keptSecret(config))
    .update('links to recordings')
    .digest('base64url')

/** Made once; whoever can read it can make tokens. */
function keptSecret(config: Config): string {
  const file = secretFile(config)
  if (!existsSync(file)) {
    writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').trim()
}

const secretFile = ({ dataDir }: Config): string => join(dataDir, 'token-secret')

/** The secret of the engine that these settings are for; undefined before its first start. */
export function tokenSecret(config: Config): string | undefined {
  if (config.secrets.jwt !== undefined) return config.secrets.jwt
  return existsSync(secretFile(config)) ? keptSecret(config) : undefined
}
