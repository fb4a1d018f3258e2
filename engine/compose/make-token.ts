// `npm run token`: prints a bearer token that the engine of these settings takes, and nothing else. The
// engine may be running: its secret is only read.

import { type Config, readConfig } from '../config/index.ts'
import { firstAccountId } from '../store/index.ts'
import { createTokens, readArguments, type WantedToken } from '../tokens/index.ts'
import { clock } from './clock.ts'
import { databaseOf } from './data-folder.ts'
import { tokenSecret } from './tokens.ts'

/** Those of the staff and of apps have to say for which businesses they are. */
async function businessesOf(
  config: Config,
  { kind, businesses }: WantedToken,
): Promise<readonly string[] | undefined> {
  if (businesses.length > 0) return businesses
  if (kind === 'directory') return undefined
  const first = await firstAccountId(databaseOf(config))
  if (first !== undefined) return [first]
  throw new Error(
    `there is no account in ${config.dataDir} or its database yet: name the business with --business`,
  )
}

async function makeToken(wanted: WantedToken): Promise<string> {
  const config = readConfig()
  const secret = tokenSecret(config)
  if (secret === undefined) {
    const what = `no engine was started with the data folder ${config.dataDir} yet`
    throw new Error(`${what}: start one first, or set RINGDOWN_JWT_SECRET`)
  }
  const tokens = await createTokens({ secret, clock })
  const { kind, subject, hours } = wanted
  const businesses = await businessesOf(config, wanted)
  return tokens.issue({ accountId: undefined, kind, subject, businesses }, hours * 3600)
}

try {
  const wanted = readArguments(process.argv.slice(2))
  process.stdout.write(`${typeof wanted === 'string' ? wanted : await makeToken(wanted)}\n`)
} catch (error) {
  process.stderr.write(`ringdown: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
