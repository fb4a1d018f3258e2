import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, extname, join, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { Failure } from '../engine/core/failures.ts'
import type { AccountId } from '../engine/core/ids.ts'
import type {
  ByteRange,
  OpenRecording,
  RecordingRecord,
  SealedFile,
} from '../engine/core/ports/recordings.ts'
import { Semaphore } from '../engine/core/semaphore.ts'
import { type Bucket, BucketFault, type LocalFile, type UploadState } from './bucket/bucket.ts'
import { openChunks, type ReadBytes } from './sealed/chunks.ts'
import { SealFault } from './sealed/format.ts'
import type { KeyFolder } from './sealed/key-folder.ts'
import { type Encryption, headerOf, portableHeader, sealFile } from './sealed/sealed-file.ts'
import { publicKeyOf, unwrapKey } from './sealed/wrap.ts'
import { RecordingStorage } from './storage.ts'
import { idsInFolder } from './stored-files.ts'

export interface VaultOptions {
  readonly scratch?: string
  /** PEM of the public key for which the account's recordings are encrypted; undefined: they are not. */
  encryptionKeyOf?(accountId: AccountId): Promise<string | undefined>
  /** The private keys that the engine holds. */
  readonly keys?: Pick<KeyFolder, 'find'>
  /** Where whole recordings are brought. */
  readonly bucket?: Bucket
  /** Before each name there; without a slash at its end. */
  readonly prefix?: string
}

/** Bytes as they are stored: plain or encrypted, in the folder or in the bucket. */
interface Stored {
  readonly bytes: number
  readonly read: ReadBytes
}

/** Many calls may end in the same moment; the disk and this thread are for those that go on too. */
const sealedAtOnce = 4

/** Whole recordings: sealed, read wherever they are, and erased everywhere. */
export class RecordingVault extends RecordingStorage {
  readonly #options: VaultOptions
  readonly #sealing = new Semaphore({ total: sealedAtOnce })
  /** On their way into the bucket. */
  readonly #uploading = new Set<string>()

  constructor(root: string, options: VaultOptions = {}) {
    super(root, options.scratch)
    this.#options = options
  }

  seal(recording: RecordingRecord): Promise<SealedFile> {
    return this.#sealing.run(() => this.#seal(recording))
  }

  async #seal(recording: RecordingRecord): Promise<SealedFile> {
    const path = await this.checked(recording.path)
    const file = await openFile(path)
    if (file === undefined) throw notThere()
    try {
      await file.sync()
      const pem = await this.#options.encryptionKeyOf?.(recording.accountId)
      if (pem === undefined) {
        await syncFolder(path)
        return { sha256: await hashOf(file) }
      }
      const sealed = await sealFile(file, sealedPath(path), recording.id, publicKeyOf(pem))
      await syncFolder(path)
      return { sha256: sealed.sha256, encryption: { ...sealed.encryption } }
    } finally {
      await file.close()
    }
  }

  async settle(recording: RecordingRecord): Promise<void> {
    if (recording.encryption === undefined) return
    const path = await this.checked(recording.path)
    const { bytes } = encryptionOf(recording) ?? {}
    const found = await stat(sealedPath(path)).catch(ignoreMissing)
    // Never the last copy.
    if (found?.size !== bytes) throw new Error('the encrypted file is not there')
    await rm(path, { force: true })
    await syncFolder(path)
  }

  async open(recording: RecordingRecord, range?: ByteRange): Promise<OpenRecording> {
    const plain = await this.#local(recording.path)
    if (plain !== undefined) return opened(plain.bytes, plain.read, range)
    return this.openKept(recording, range)
  }

  /**
   * As `open`, of what is kept alone: an encrypted recording is so from its first moment, though its plain file may still
   * be there for a while. For whoever hands it out.
   */
  async openKept(recording: RecordingRecord, range?: ByteRange): Promise<OpenRecording> {
    const encryption = encryptionOf(recording)
    const stored = await this.#stored(recording)
    if (stored === undefined) throw notThere()
    if (encryption === undefined) return opened(stored.bytes, stored.read, range)
    const holder = await this.#options.keys?.find(encryption.key.kid)
    if (holder === undefined) {
      const words = `The recording is encrypted for the holder of the key ${encryption.key.kid}`
      throw new Failure('recording_sealed', words)
    }
    const key = opening(() => unwrapKey(encryption.key, holder))
    if (stored.bytes !== encryption.bytes) throw damaged('the stored file has another size')
    const header = headerOf(recording.id, encryption)
    const body: ReadBytes = (start, end) =>
      stored.read(start + encryption.headerBytes, end + encryption.headerBytes)
    const read: ReadBytes = (start, end) => openChunks(body, header, key, { start, end })
    return opened(encryption.plainBytes, read, range)
  }

  /**
   * The encrypted file as whoever has the private key opens it, with its wrapped key; undefined: it is not encrypted.
   * Failure `not_found`.
   */
  async openSealed(
    recording: RecordingRecord,
    range?: ByteRange,
  ): Promise<OpenRecording | undefined> {
    const encryption = encryptionOf(recording)
    if (encryption === undefined) return undefined
    const stored = await this.#stored(recording)
    if (stored === undefined) throw notThere()
    const header = portableHeader(recording.id, encryption)
    const shift = encryption.headerBytes - header.length
    const read: ReadBytes = async function* (start, end) {
      if (start < header.length) yield header.subarray(start, end + 1)
      if (end >= header.length)
        yield* stored.read(Math.max(start, header.length) + shift, end + shift)
    }
    return opened(header.length + stored.bytes - encryption.headerBytes, read, range)
  }

  async erase(recording: RecordingRecord): Promise<void> {
    if (recording.path === '') return
    const path = await this.checked(recording.path)
    const folder = dirname(path)
    const own = `${basename(path, extname(path))}.`
    const names = (await readdir(folder).catch(ignoreMissing)) ?? []
    for (const name of names.filter((one) => one.startsWith(own))) {
      await rm(join(folder, name), { force: true })
    }
    if (names.length > 0) await syncFolder(path)
    await this.#eraseUploaded(recording, path)
  }

  /** Whether recordings are brought into a bucket. */
  get hasBucket(): boolean {
    return this.#options.bucket !== undefined
  }

  /**
   * Brings the stored file into the bucket; `save` keeps how far it is. Returns the bytes that are there. Rejects with
   * BucketFault, or Failure `not_found` when there is no such file.
   */
  async upload(
    recording: RecordingRecord,
    save: (state: Readonly<Record<string, unknown>>) => Promise<void>,
  ): Promise<number> {
    const { bucket } = this.#options
    if (bucket === undefined) throw new Error('there is no bucket')
    const path = await this.checked(recording.path)
    const encryption = encryptionOf(recording)
    const file = encryption === undefined ? path : sealedPath(path)
    const key = this.#keyOf(file)
    const found = await stat(file).catch(ignoreMissing)
    if (found === undefined) {
      // Taken away after an upload that could not be noted down any more.
      const there = await bucket.size(key)
      if (there === undefined) throw notThere()
      return there
    }
    const sha256 = encryption?.sha256 ?? recording.sha256 ?? ''
    const local = { path: file, bytes: found.size, sha256 }
    await requireUndamaged(local)
    // Noted before the first byte leaves: whoever deletes it looks there from now on, also after a crash.
    if (recording.upload === undefined) await save({ key })
    this.#uploading.add(recording.id)
    try {
      await bucket.upload(key, local, inParts(recording), (state) => save({ ...state }))
    } finally {
      this.#uploading.delete(recording.id)
    }
    return found.size
  }

  /** Removes the copy in the folder; what was made of the recording stays there. */
  async dropLocal({ path: stored }: RecordingRecord): Promise<void> {
    const path = await this.checked(stored)
    await rm(path, { force: true })
    await rm(sealedPath(path), { force: true })
  }

  /** What is stored, as it is. */
  storedFiles() {
    return {
      read: async (recording: RecordingRecord) => {
        const stored = await this.#stored(recording)
        if (stored === undefined) return undefined
        return stored.read(0, Math.max(0, stored.bytes - 1))
      },
      hasPlain: async ({ path }: RecordingRecord) => (await this.#local(path)) !== undefined,
      ids: () => idsInFolder(this.root),
    }
  }

  close(): void {
    this.#options.bucket?.close()
  }

  async #eraseUploaded(recording: RecordingRecord, path: string) {
    const { id, place, upload, uploadedAtMs } = recording
    const { bucket } = this.#options
    if (bucket === undefined) {
      const isElsewhere = place === 'bucket' || place === 'both' || upload !== undefined
      if (isElsewhere) throw new Error('it is in a bucket too, and none is set')
      return
    }
    if (this.#uploading.has(id)) throw new Error('it is just being uploaded')
    const parts = inParts(recording)
    if (parts !== undefined) await bucket.abort(parts)
    if (upload === undefined && uploadedAtMs === undefined && place === undefined) return
    await bucket.remove(this.#keyOf(path))
    await bucket.remove(this.#keyOf(sealedPath(path)))
  }

  async #stored(recording: RecordingRecord): Promise<Stored | undefined> {
    const isSealed = recording.encryption !== undefined
    const local = await this.#local(recording.path, isSealed)
    if (local !== undefined) return local
    const { bucket } = this.#options
    if (bucket === undefined || recording.path === '') return undefined
    const path = await this.checked(recording.path)
    const key = this.#keyOf(isSealed ? sealedPath(path) : path)
    const bytes = await bucket.size(key)
    if (bytes === undefined) return undefined
    return { bytes, read: (start, end) => inBucket(bucket, key, start, end) }
  }

  async #local(stored: string, isSealed = false): Promise<Stored | undefined> {
    if (stored === '') return undefined
    const plain = await this.checked(stored)
    const path = isSealed ? sealedPath(plain) : plain
    const found = await stat(path).catch(ignoreMissing)
    if (found === undefined) return undefined
    return { bytes: found.size, read: (start, end) => inFile(path, start, end) }
  }

  #keyOf(path: string): string {
    const name = relative(this.root, path).split(sep).join('/')
    const { prefix = '' } = this.#options
    return prefix === '' ? name : `${prefix}/${name}`
  }
}

/** An upload in parts that was begun; undefined: none, or it was begun as a whole. */
function inParts({ upload }: RecordingRecord): UploadState | undefined {
  return upload !== undefined && 'uploadId' in upload
    ? (upload as unknown as UploadState)
    : undefined
}

const sealedPath = (path: string): string => `${path}.sealed`

const encryptionOf = ({ encryption }: RecordingRecord): Encryption | undefined =>
  encryption as unknown as Encryption | undefined

const notThere = () => new Failure('not_found', 'The audio of this recording is not there any more')

const damaged = (why: string, cause?: unknown) =>
  new Failure('recording_damaged', `The recording is not what was sealed: ${why}`, undefined, {
    cause,
  })

function opening<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof SealFault) throw damaged(error.message, error)
    throw error
  }
}

function opened(bytes: number, read: ReadBytes, range: ByteRange | undefined): OpenRecording {
  const { start, end } = range ?? { start: 0, end: bytes - 1 }
  const last = Math.min(end, bytes - 1)
  const all = start > last ? [] : guarded(read(start, last))
  return { bytes, stream: Readable.from(all, { objectMode: false }) }
}

async function* guarded(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes
  } catch (error) {
    if (error instanceof SealFault) throw damaged(error.message, error)
    throw error
  }
}

/** The file is closed at its end, and when the reader goes away. */
async function* inFile(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  const file = await openFile(path)
  if (file === undefined) throw notThere()
  yield* file.createReadStream({ start, end })
}

async function* inBucket(
  bucket: Bucket,
  key: string,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array> {
  const body = await bucket.read(key, start, end)
  if (body === undefined) throw notThere()
  yield* body
}

const openFile = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch(ignoreMissing)

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of file.createReadStream({ start: 0, autoClose: false })) {
    hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

/** The copy in the folder is removed after an upload: one that was changed must not take its place. */
async function requireUndamaged({ path, sha256 }: LocalFile): Promise<void> {
  const file = await openFile(path)
  if (file === undefined) throw notThere()
  try {
    if ((await hashOf(file)) === sha256) return
  } finally {
    await file.close()
  }
  throw new BucketFault('damaged', 'the file is not what was sealed')
}

/** What was made, renamed or removed in the folder of that file is there after a power cut. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(ignoreMissing)
  if (folder === undefined) return
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}
