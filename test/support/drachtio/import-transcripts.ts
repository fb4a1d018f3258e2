/**
 * Makes fixtures out of transcripts of the real server:
 *   node test/support/drachtio/import-transcripts.ts <folder of transcripts> [name ...]
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { printFixture } from './fixture.ts'
import { renumber } from './lanes.ts'
import { forget, normalise } from './normalise.ts'
import { readTranscript } from './transcript.ts'

const [folder = '.', ...names] = process.argv.slice(2)
const target = new URL('../../fixtures/drachtio/', import.meta.url)

/** Without names, those that are fixtures already. */
const wanted = names.length > 0 ? names.map((name) => `${name}.txt`) : readdirSync(target)

for (const file of readdirSync(folder).filter((found) => wanted.includes(found))) {
  const name = file.replace(/\.txt$/, '')
  const recording = readTranscript(readFileSync(join(folder, file), 'utf8'))
  const lanes = renumber(forget(normalise(recording)))
  writeFileSync(new URL(`${name}.txt`, target), printFixture(lanes))
}
