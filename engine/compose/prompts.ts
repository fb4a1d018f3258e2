import type { Closers } from '../app/closing.ts'
import { sweepPrompts } from '../app/directory/sweep-prompts.ts'
import type { Config } from '../config/index.ts'
import type { Log } from '../core/ports/observe.ts'
import type { PromptFiles } from '../core/ports/prompts.ts'
import type { Store } from '../core/ports/store.ts'
import type { Web } from '../core/ports/web.ts'
import {
  createWeb,
  type MusicLibrary,
  openMusic,
  promptFolder,
  type WebOptions,
} from '../web/index.ts'
import { clock } from './clock.ts'

/** Where the files of accounts are, swept of what a crash has left. */
export function openPromptFiles({ dataDir }: Config, store: Store, log: Log): PromptFiles {
  const promptFiles = promptFolder(dataDir, clock)
  void sweepPrompts({ store, promptFiles }, log)
  return promptFiles
}

export function openWeb(config: Config, store: Store, files: PromptFiles, log: Log): Web {
  return createWeb({
    ...{ dataDir: config.dataDir, allowed: config.allowedUrlTargets, clock, log },
    loudness: config.promptLoudness,
    stored: storedPrompts(store, files),
  })
}

/** What accounts have stored, for whoever plays it by its name. */
function storedPrompts(
  { prompts, accounts }: Pick<Store, 'prompts' | 'accounts'>,
  files: PromptFiles,
): NonNullable<WebOptions['stored']> {
  return {
    async find(accountId, name) {
      const found = await prompts.named(accountId, name)
      return found && { version: found.file, path: files.pathOf(accountId, found.file) }
    },
    isFirst: async (accountId) => (await accounts.first())?.id === accountId,
  }
}

/** The operator's music, looked through from time to time; undefined: there is none. */
export function openMusicFolder(
  { musicDir, holdMusicFile, dataDir, promptLoudness }: Config,
  closers: Closers,
  log: Log,
): MusicLibrary | undefined {
  if (musicDir === undefined && holdMusicFile === undefined) return undefined
  const library = openMusic({
    ...{ folder: musicDir, file: holdMusicFile, dataDir, loudness: promptLoudness, clock, log },
  })
  void library.look()
  closers.add(() => library.close())
  return library
}
