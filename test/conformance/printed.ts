/** The documents whose samples are replayed: always ours, and the printed ones where they lie beside the project. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { cut, type Documents } from './documents.ts'
import { ownDocuments } from './samples.ts'

const folder = resolve(import.meta.dirname, '../../../shared/seeds')

export const documents: readonly Documents[] = [
  cut('our own samples', ownDocuments),
  ...(existsSync(folder) ? [cut('the printed samples', readAll())] : []),
]

function readAll(): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt'))
  return names.sort().map((name) => readFileSync(join(folder, name), 'utf8'))
}
