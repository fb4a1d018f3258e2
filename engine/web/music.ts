import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../core/clock.ts'
import type { Sound } from '../core/ports/media.ts'
import { defaultMusic, isMusicName, type Music } from '../core/ports/music.ts'
import type { Log } from '../core/ports/observe.ts'
import { convert, type WantedLoudness } from './convert.ts'
import { musicFolder } from './music-folder.ts'
import { kindOf, SoundFault } from './sound-kind.ts'

/** How often it is looked whether there is something new. */
const lookEveryMs = 10_000
const maxBytes = 200 * 1024 * 1024
/** What sort of sound it is shows within. */
const headBytes = 4_096
/** So many are named where several can't be played. */
const mostNamed = 3
/** Another one when files are converted in another way than before. */
const conversion = '1'

export interface MusicOptions {
  /** Of the operator: files of sound in it, and folders with more, a class each. */
  readonly folder?: string | undefined
  /** Heard where nothing else is said. */
  readonly file?: string | undefined
  readonly dataDir: string
  readonly loudness: WantedLoudness
  readonly clock: Clock
  readonly log: Log
}

export interface MusicLibrary extends Music {
  /** Resolves when what is in the folder now is ready. Never rejects. */
  look(): Promise<void>
  close(): void
}

/** The operator's files, converted once each into the data folder; new ones are taken while the engine runs. */
export function openMusic(options: MusicOptions): MusicLibrary {
  const { clock, log } = options
  let classes: Classes = new Map()
  let looking: Promise<void> | undefined
  let disarm = (): void => {}
  let isClosed = false
  const bad = new Map<string, string>()

  const lookOnce = async (): Promise<void> => {
    try {
      classes = await converted({ ...options, bad, isOver: () => isClosed }, classes)
    } catch (error) {
      log.warn('music can not be made ready', { error: String(error) })
    }
    if (!isClosed) disarm = clock.after(lookEveryMs, () => void library.look())
  }

  const library: MusicLibrary = {
    classes: () => [...classes.keys()].filter(isMusicName),
    named: (name) => (isMusicName(name) ? soundOf(classes, name) : undefined),
    usual: () => soundOf(classes, theFile) ?? soundOf(classes, defaultMusic),
    look() {
      disarm()
      looking ??= lookOnce().finally(() => {
        looking = undefined
      })
      return looking
    },
    close() {
      isClosed = true
      disarm()
    },
  }
  return library
}

/** Tracks by the name of their class. */
type Classes = ReadonlyMap<string, readonly string[]>

/** No name of a class. */
const theFile = ':file'

function soundOf(classes: Classes, name: string): Sound | undefined {
  const tracks = classes.get(name)
  return tracks && { kind: 'music', name, tracks }
}

/** What of it could not be played or read when it was last looked at, by path: it is said once. */
interface Looking extends MusicOptions {
  readonly bad: Map<string, string>
  /** Nobody needs what is found any more. */
  isOver(): boolean
}

/** Brings the copies up to date, one file after the other, and drops those of files that are gone. */
async function converted(looking: Looking, before: Classes): Promise<Classes> {
  const { dataDir, file } = looking
  const copies = join(dataDir, 'music')
  await mkdir(copies, { recursive: true })
  const there = new Set(await readdir(copies))
  const classes = new Map<string, string[]>()
  const wanted = new Set<string>()
  const { sources, unread } = await musicFolder(looking)
  const single = file === undefined ? [] : [{ path: file, inClass: theFile }]
  const faults: string[] = []
  for (const { path, inClass } of [...single, ...sources]) {
    if (looking.isOver()) return before
    const name = await copyOf(looking, path, { copies, there }, faults)
    if (name === undefined) continue
    wanted.add(name)
    const tracks = classes.get(inClass) ?? []
    tracks.push(join(copies, name))
    classes.set(inClass, tracks)
  }
  tell(looking, faults)
  // What can't be read for a while stays as it was.
  if (unread === 'all') return new Map([...before, ...classes])
  if (unread.length > 0)
    return new Map([...[...before].filter(([name]) => unread.includes(name)), ...classes])
  // A thread that plays one has it in memory.
  for (const name of there) if (!wanted.has(name)) await rm(join(copies, name), { force: true })
  return classes
}

/** One line, however many they are: a folder may be another one than was meant. */
function tell({ log }: Looking, faults: readonly string[]): void {
  if (faults.length === 0) return
  const such = faults.slice(0, mostNamed).join('; ')
  log.warn('music can not be played', { files: faults.length, such })
}

/** Its name in the folder of copies; undefined: it is no sound, which is a fault if it was not known. */
async function copyOf(
  { loudness, clock, bad }: Looking,
  path: string,
  { copies, there }: { readonly copies: string; readonly there: ReadonlySet<string> },
  faults: string[],
): Promise<string | undefined> {
  const found = await stat(path, { bigint: true }).catch(() => undefined)
  const size = found?.isFile() ? found.size : undefined
  const version = `${conversion} ${loudness} ${path} ${size} ${found?.mtimeNs}`
  const name = `${createHash('sha256').update(version).digest('hex')}.wav`
  if (there.has(name)) return name
  // What the system shows as files is empty, and new each time.
  const said = size ? version : `${size}`
  if (bad.get(path) === said) return undefined
  try {
    await check(path, size)
    const { wav } = await convert(await readFile(path), loudness, clock, { isWide: true })
    const part = join(copies, `${randomUUID()}.part`)
    await writeFile(part, wav)
    await rename(part, join(copies, name))
    bad.delete(path)
    return name
  } catch (error) {
    bad.set(path, said)
    faults.push(`${path}: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}

/** Before it is read as a whole, which may take long; reading one of the system's own may never end. Throws SoundFault. */
async function check(path: string, size: bigint | undefined): Promise<void> {
  if (size === undefined) throw new SoundFault('the file is not there')
  if (size === 0n) throw new SoundFault('the file is empty')
  if (size > maxBytes) throw new SoundFault('the file is larger than 200 MiB')
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes)
    kindOf(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
