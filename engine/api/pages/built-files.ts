import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, sep } from 'node:path'

/** A file of a build, as it is sent. */
export interface BuiltFile {
  readonly type: string
  readonly etag: string
  /** Its name changes with its content: it may be kept for ever. */
  readonly isHashed: boolean
  readonly plain: Buffer
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
}

const types: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  json: 'application/json; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  webp: 'image/webp',
  woff2: 'font/woff2',
  wav: 'audio/wav',
  mp3: 'audio/mpeg',
  ogg: 'audio/ogg',
  wasm: 'application/wasm',
  webmanifest: 'application/manifest+json',
}
/** More than any build of ours; a folder that was named by mistake is not read into memory. */
const maxFiles = 1_000
/** How long a build writes at most after its page. */
const settlesMs = 10_000
const maxBytes = 32 * 1024 * 1024

/**
 * What a build left in a folder, kept in memory: a request is looked up by name and never becomes a path,
 * so that nothing else of the disk can be asked for. A later build is seen at the next request.
 */
export class BuiltFiles {
  readonly #folder: string
  #files: ReadonlyMap<string, BuiltFile> = new Map()
  #readAtMs = -1

  constructor(folder: string) {
    this.#folder = folder
  }

  /** By its path in the folder, with forward slashes. Undefined: there is none, or no build. */
  get(name: string): BuiltFile | undefined {
    this.#look()
    return this.#files.get(name)
  }

  /** The compressed forms come after the page: what was built just now is looked at again. */
  #look(): void {
    const index = statSync(join(this.#folder, 'index.html'), { throwIfNoEntry: false })
    if (index === undefined || index.mtimeMs === this.#readAtMs) return
    this.#files = readAll(this.#folder)
    this.#readAtMs = Date.now() - index.mtimeMs < settlesMs ? -1 : index.mtimeMs
  }
}

function readAll(folder: string): ReadonlyMap<string, BuiltFile> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
  if (names.length > maxFiles) throw new Error(`${folder} has more files than a page has`)
  const contents = new Map<string, Buffer>()
  let bytes = 0
  for (const name of names) {
    const content = readFileSync(join(folder, name))
    bytes += content.length
    if (bytes > maxBytes) throw new Error(`${folder} is larger than a page is`)
    contents.set(name.split(sep).join('/'), content)
  }
  return new Map(
    [...contents]
      .filter(([name]) => types[ending(name)] !== undefined)
      .map(([name, plain]) => [name, built(name, plain, contents)]),
  )
}

const built = (name: string, plain: Buffer, all: ReadonlyMap<string, Buffer>): BuiltFile => ({
  type: types[ending(name)] ?? '',
  etag: createHash('sha256').update(plain).digest('base64url').slice(0, 22),
  isHashed: /^assets\/.+-[\w-]{8}\.\w+$/.test(name),
  plain,
  br: all.get(`${name}.br`),
  gzip: all.get(`${name}.gz`),
})

const ending = (name: string): string => name.slice(name.lastIndexOf('.') + 1)
