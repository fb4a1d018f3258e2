import { mkdir, open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import {
  KeyFault,
  KeyFolder,
  keyIdOf,
  publicKeyOf,
  RecordingVault,
  S3Bucket,
} from '../../recordings/index.ts'
import type { RecordingMedia } from '../app/directory/ports.ts'
import { followChains } from '../app/recordings/chain-heads.ts'
import { deleteRecording, finishDeletions } from '../app/recordings/remove.ts'
import { keepRecordings } from '../app/recordings/retention.ts'
import { Uploads } from '../app/recordings/uploads.ts'
import type { Config } from '../config/index.ts'
import { Failure } from '../core/failures.ts'
import type { AccountId } from '../core/ids.ts'
import type { Log } from '../core/ports/observe.ts'
import type { DeletionReason, RecordingRecord } from '../core/ports/recordings.ts'
import type { Store } from '../core/ports/store.ts'
import type { ChainHead } from '../core/recording-chain.ts'
import type { Build } from './build.ts'

export const recordingsFolder = (dataDir: string): string => join(dataDir, 'recordings')

/** The folder of recordings, and the bucket if there is one. */
export function openVault(config: Config, store: Store, log: Log): RecordingVault {
  const { keysDir } = config.vault
  const keys = new KeyFolder(keysDir, (file, error) => {
    log.warn('a file with a private key for recordings is not usable', {
      file,
      error: String(error),
    })
  })
  if (keysDir !== undefined) void tellKeys(keys, keysDir, log)
  const bucket = bucketOf(config)
  return new RecordingVault(recordingsFolder(config.dataDir), {
    encryptionKeyOf: async (id) => (await store.recordings.settings.get(id)).encryptionKey,
    keys,
    ...(bucket && { bucket, prefix: config.vault.bucket?.prefix ?? '' }),
  })
}

/** Whoever set the folder wants it used: the log says which keys it gave, by their ids alone. */
export async function tellKeys(
  keys: Pick<KeyFolder, 'ids'>,
  folder: string,
  log: Pick<Log, 'info' | 'warn'>,
): Promise<void> {
  try {
    const ids = await keys.ids()
    if (ids.length > 0) log.info('private keys for recordings were taken', { folder, ids })
    else log.warn('the folder of private keys for recordings has no key in it', { folder })
  } catch (error) {
    const fields = { folder, error: String(error) }
    log.warn('the folder of private keys for recordings can not be read', fields)
  }
}

/** Recordings for who hands them out: of an encrypted one nobody gets the plain file that the later steps still need. */
export const recordingMedia = (storage: RecordingVault): RecordingMedia => ({
  stat: (path) => storage.stat(path),
  read: (path, start, end) => storage.read(path, start, end),
  remove: (path) => storage.remove(path),
  open: (recording, range) => storage.openKept(recording, range),
  openSealed: (recording, range) => storage.openSealed(recording, range),
})

export function bucketOf({ vault: { bucket }, secrets }: Config): S3Bucket | undefined {
  if (bucket === undefined || secrets.bucketKey === undefined) return undefined
  const { endpoint, name, region, accessKey } = bucket
  return new S3Bucket({ endpoint, bucket: name, region, accessKey, secretKey: secrets.bucketKey })
}

/** What goes on with whole recordings as long as the engine runs: uploads, deletions, retention, heads of chains. */
export function openVaultWork({ config, closers, ports, storage }: Build): void {
  closers.add(finishDeletions(ports))
  closers.add(keepRecordings(ports))
  closers.add(followChains(ports, headFiles(config.dataDir)))
  if (config.vault.bucket !== undefined) {
    const { keepsLocal } = config.vault.bucket
    const uploads = new Uploads(ports, { files: storage, keepsLocal })
    closers.add(() => uploads.close())
  }
  closers.add(() => storage.close())
}

export const deleting =
  ({ ports }: Pick<Build, 'ports'>) =>
  (recording: RecordingRecord, reason: DeletionReason): Promise<void> =>
    deleteRecording(ports, recording, reason)

/** Failure `invalid_request` for a key that recordings can't be encrypted for. */
export function recordingKeyId(pem: string): string {
  try {
    return keyIdOf(publicKeyOf(pem))
  } catch (error) {
    if (!(error instanceof KeyFault)) throw error
    throw new Failure('invalid_request', error.message, 'encryption_key')
  }
}

/**
 * The newest entry of each chain, in a file beside the recordings: a database that went back to an older state is found
 * out by it.
 */
export function headFiles(dataDir: string) {
  const folder = join(recordingsFolder(dataDir), 'chain')
  const fileOf = (id: AccountId) => join(folder, `${id}.json`)
  return {
    async read(id: AccountId): Promise<ChainHead | undefined> {
      const text = await readFile(fileOf(id), 'utf8').catch(() => undefined)
      return text === undefined ? undefined : (JSON.parse(text) as ChainHead)
    },
    async write(id: AccountId, head: ChainHead): Promise<void> {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const part = `${fileOf(id)}.part`
      const file = await open(part, 'w', 0o600)
      try {
        await file.writeFile(`${JSON.stringify(head)}\n`)
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(part, fileOf(id))
    },
  }
}
