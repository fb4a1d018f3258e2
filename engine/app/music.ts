import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Sound } from '../core/ports/media.ts'
import { musicNamed } from '../core/ports/music.ts'
import type { Ports } from './ports.ts'

type MusicPorts = Pick<Ports, 'web' | 'music'>

export const ownTune: Sound = { kind: 'tone', tone: 'hold' }

/** What whoever waits hears where nothing else is said: the operator's file or folder, or a tune of our own. */
export const usualMusic = ({ music }: Pick<Ports, 'music'>): Sound => music?.usual() ?? ownTune

/** Many who wait may hear the same: one stream for all. */
const roundOf = (path: string): Sound => ({ kind: 'music', name: path, tracks: [path] })

/** The music at a URL, or `music:<class>` of the operator's folder. Failures of prompts, `url_unreachable`. */
export async function musicAt(
  { web, music }: MusicPorts,
  url: string,
  accountId: AccountId,
  signal?: AbortSignal,
): Promise<Sound> {
  const name = musicNamed(url)
  if (name === undefined) return roundOf((await web.prompt(url, accountId, signal)).path)
  const found = music?.named(name)
  if (!found) throw new Failure('url_unreachable', `there is no music ${name} now`)
  return found
}

/**
 * Fetches it when it is set, not only when somebody waits for it; `''` and null are none. Failures of `musicAt`, which
 * name the field.
 */
export async function checkMusic(
  ports: MusicPorts,
  url: string | null | undefined,
  accountId: AccountId,
  field: string,
): Promise<void> {
  if (!url) return
  await ofField(field, () => musicAt(ports, url, accountId))
}

/** Failures name the field. */
export async function ofField<Of>(field: string, get: () => Promise<Of>): Promise<Of> {
  try {
    return await get()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    throw new Failure(error.code, error.message, field, { cause: error })
  }
}
