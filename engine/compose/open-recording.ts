// `npm run open-recording -- <downloaded file> <private key> <audio file>`: decrypts a recording that was downloaded
// encrypted (`/media?sealed=true`). Nothing of the engine is needed but this.

import { existsSync, readFileSync } from 'node:fs'
import { openSealedFile, privateKeyOf } from '../../recordings/index.ts'

const usage = `usage: npm run open-recording -- <encrypted file> <private key, PEM> <audio file>

Decrypts a recording that was downloaded with ?sealed=true.`

const [from, keyFile, to, ...more] = process.argv.slice(2)
if (from === undefined || keyFile === undefined || to === undefined || more.length > 0) {
  process.stdout.write(`${usage}\n`)
  process.exitCode = 2
} else {
  try {
    const missing = [from, keyFile].find((file) => !existsSync(file))
    if (missing !== undefined) throw new Error(`there is no ${missing}`)
    if (existsSync(to)) throw new Error(`${to} exists already`)
    const bytes = await openSealedFile(from, privateKeyOf(readFileSync(keyFile, 'utf8')), to)
    process.stdout.write(`ringdown: ${to}: ${bytes} bytes\n`)
  } catch (error) {
    process.stderr.write(`ringdown: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
