// The project's own files, as the rules read them.

import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** A file's path from the top of the project, with forward slashes, and its text. */
export interface Source {
  readonly path: string
  readonly text: string
}

export const root = resolve(import.meta.dirname, '../..')

const notOurs = /^(?:\.git|node_modules|data)(?:\/|$)/
const notText = /\.(?:wav|png|jpg|ico|pcap|raw|mp3|ogg|woff2|db)$/

/** Every file that belongs to the project: what git knows or would take, or without git what is there. */
function projectFiles(): string[] {
  if (existsSync(join(root, '.git'))) {
    const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
    const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8' })
    return listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path)))
  }
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => !notOurs.test(entry.name))
    .flatMap((entry) =>
      entry.isDirectory()
        ? readdirSync(join(root, entry.name), { recursive: true, encoding: 'utf8' }).map(
            (inner) => `${entry.name}/${inner}`,
          )
        : [entry.name],
    )
    .filter((path) => !existsSync(join(root, path, '.')))
}

export const allPaths: readonly string[] = projectFiles()

/** All text files. */
export const allSources: readonly Source[] = allPaths
  .filter((path) => !notText.test(path))
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

/** Program text: TypeScript and the bootstrap's JavaScript. */
export const programs: readonly Source[] = allSources.filter(({ path }) => /\.m?[tj]s$/.test(path))
