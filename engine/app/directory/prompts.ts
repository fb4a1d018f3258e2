import { Failure } from '../../core/failures.ts'
import { type AccountId, isUuid, type PromptId } from '../../core/ids.ts'
import type { PromptRecord } from '../../core/ports/prompts.ts'
import { isPromptName, promptNameRule } from '../../core/prompt-names.ts'
import { inAccountTurn } from './account-turns.ts'
import type { DirectoryPorts } from './ports.ts'

const mostPromptBytes = 20 * 1024 * 1024
export const mostPrompts = 500
const mostBytesInAll = 500 * 1024 * 1024

type PromptPorts = Pick<
  DirectoryPorts,
  'store' | 'promptFiles' | 'clock' | 'ids' | 'recordingMedia'
>

/**
 * Stores a file of sound under a name. Failures `invalid_request` (name, size), `invalid_audio`, `already_exists`,
 * `limit_reached`.
 */
export async function storePrompt(
  ports: PromptPorts,
  accountId: AccountId,
  name: string,
  bytes: Uint8Array,
): Promise<PromptRecord> {
  checkName(name)
  if (await ports.store.prompts.named(accountId, name))
    throw new Failure('already_exists', `there is a prompt with the name ${name}`, 'name')
  const facts = await examine(ports, accountId, bytes)
  return inAccountTurn(accountId, async () => {
    const kept = await keep(ports, accountId, bytes, undefined)
    const nowMs = ports.clock.nowMs()
    const prompt = {
      ...{ id: ports.ids.uuid() as PromptId, accountId, name, ...facts, ...kept },
      ...{ createdAtMs: nowMs, updatedAtMs: nowMs },
    }
    try {
      await ports.store.prompts.insert(prompt)
    } catch (error) {
      await discard(ports, prompt)
      throw error
    }
    return prompt
  })
}

/**
 * Puts another file in its place, or gives it another name; who hears the old one hears it to its end. Failures as
 * above and `not_found`.
 */
export async function changePrompt(
  ports: PromptPorts,
  accountId: AccountId,
  idOrName: string,
  changes: { readonly name?: string | undefined; readonly bytes?: Uint8Array | undefined },
): Promise<PromptRecord> {
  const { id, name: before } = await getPrompt(ports, accountId, idOrName)
  const { name, bytes } = changes
  if (name !== undefined && name !== before) checkName(name)
  const facts = bytes && (await examine(ports, accountId, bytes, id))
  return inAccountTurn(accountId, async () => {
    // As it is now: it may have been changed or deleted meanwhile.
    const old = await getPrompt(ports, accountId, id)
    const kept = bytes && (await keep(ports, accountId, bytes, old))
    const nowMs = ports.clock.nowMs()
    const changed = { ...old, ...(name !== undefined && { name }), ...facts, ...kept }
    try {
      await ports.store.prompts.update({ ...changed, updatedAtMs: nowMs })
    } catch (error) {
      if (changed.file !== old.file) await discard(ports, changed)
      throw error
    }
    if (changed.file !== old.file) await discard(ports, old)
    return { ...changed, updatedAtMs: nowMs }
  })
}

export function listPrompts(
  { store }: PromptPorts,
  accountId: AccountId,
  page: { readonly page: number; readonly pageSize: number },
): Promise<{ prompts: PromptRecord[]; total: number }> {
  return store.prompts.list(accountId, page)
}

/** Failure `not_found`. */
export async function getPrompt(
  { store }: PromptPorts,
  accountId: AccountId,
  idOrName: string,
): Promise<PromptRecord> {
  const found = isUuid(idOrName)
    ? await store.prompts.get(accountId, idOrName as PromptId)
    : await store.prompts.named(accountId, idOrName)
  if (!found) throw new Failure('not_found', 'There is no such prompt')
  return found
}

/** The file as it was uploaded. Failure `not_found`, also when it is gone. */
export async function promptMedia(
  ports: PromptPorts,
  accountId: AccountId,
  idOrName: string,
): Promise<{ readonly prompt: PromptRecord; readonly path: string }> {
  const prompt = await getPrompt(ports, accountId, idOrName)
  const path = ports.promptFiles.pathOf(accountId, prompt.file)
  if ((await ports.promptFiles.stat(path)) === undefined)
    throw new Failure('not_found', 'The file of the prompt is gone')
  return { prompt, path }
}

/** Who hears it hears it to its end. Failure `not_found`. */
export async function removePrompt(
  ports: PromptPorts,
  accountId: AccountId,
  idOrName: string,
): Promise<void> {
  await inAccountTurn(accountId, async () => {
    const prompt = await getPrompt(ports, accountId, idOrName)
    await ports.store.prompts.remove(accountId, prompt.id)
    await discard(ports, prompt)
  })
}

function checkName(name: string): void {
  if (isPromptName(name)) return
  throw new Failure('invalid_request', `name must be ${promptNameRule}`, 'name')
}

/** It takes its time: what can't be kept in any case is refused before. */
async function examine(
  ports: PromptPorts,
  accountId: AccountId,
  bytes: Uint8Array,
  inPlaceOf?: PromptId,
) {
  if (bytes.length === 0) throw new Failure('invalid_audio', 'the file is empty')
  if (bytes.length > mostPromptBytes)
    throw new Failure('body_too_large', 'A prompt may have 20 MiB')
  const old = inPlaceOf && (await ports.store.prompts.get(accountId, inPlaceOf))
  await requireRoom(ports, accountId, bytes, old)
  return ports.promptFiles.examine(accountId, bytes)
}

async function requireRoom(
  ports: PromptPorts,
  accountId: AccountId,
  bytes: Uint8Array,
  old: PromptRecord | undefined,
): Promise<void> {
  const used = await ports.store.prompts.usage(accountId)
  if (!old && used.count >= mostPrompts)
    throw new Failure('limit_reached', `There are ${mostPrompts} prompts already`)
  if (used.bytes - (old?.bytes ?? 0) + bytes.length > mostBytesInAll)
    throw new Failure('limit_reached', 'All prompts of an account together may have 500 MiB')
}

/** In the account's turn: of several that come at once none is one too many. */
async function keep(
  ports: PromptPorts,
  accountId: AccountId,
  bytes: Uint8Array,
  old: PromptRecord | undefined,
) {
  await requireRoom(ports, accountId, bytes, old)
  const file = await ports.promptFiles.keep(accountId, bytes)
  return { bytes: bytes.length, file }
}

/** Unless another prompt of the account is the same file. */
async function discard(ports: PromptPorts, { accountId, file }: PromptRecord): Promise<void> {
  const { prompts } = await ports.store.prompts.list(accountId, { page: 1, pageSize: mostPrompts })
  if (prompts.some((other) => other.file === file)) return
  await ports.promptFiles.discard(accountId, file)
}
