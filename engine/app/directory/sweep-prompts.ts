import type { Log } from '../../core/ports/observe.ts'
import { inAccountTurn } from './account-turns.ts'
import type { DirectoryPorts } from './ports.ts'
import { mostPrompts } from './prompts.ts'

/** Removes files of prompts that no prompt has: a crash came between the two. Never rejects. */
export async function sweepPrompts(
  { store, promptFiles }: Pick<DirectoryPorts, 'store' | 'promptFiles'>,
  log: Log,
): Promise<void> {
  try {
    for (const accountId of await promptFiles.accounts()) {
      // Nothing is being stored meanwhile.
      const removed = await inAccountTurn(accountId, async () => {
        const page = { page: 1, pageSize: mostPrompts }
        const { prompts } = await store.prompts.list(accountId, page)
        return promptFiles.keepOnly(accountId, new Set(prompts.map(({ file }) => file)))
      })
      if (removed > 0) log.info('files of prompts removed that a crash left', { removed })
    }
  } catch (error) {
    log.warn('files of prompts could not be looked through', { error: String(error) })
  }
}
