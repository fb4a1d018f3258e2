import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { CompletedPart, S3Client } from '@aws-sdk/client-s3'
import { type Bucket, BucketFault, type LocalFile, type UploadState } from './bucket.ts'

type Sdk = typeof import('@aws-sdk/client-s3')

export interface S3Options {
  /** Absent: Amazon's own for the region. */
  readonly endpoint?: string | undefined
  readonly bucket: string
  readonly region: string
  readonly accessKey: string
  readonly secretKey: string
  /** Above this a file goes in parts of this size; no storage takes less than 5 MiB. */
  readonly partBytes?: number
  readonly connectWithinMs?: number
}

const usualPartBytes = 8 << 20
/** No storage takes more parts. */
const mostParts = 10_000
const answerWithinMs = 120_000

/** A bucket of S3, or of a storage that speaks as it does. The one file that knows its client, loaded when it is first needed. */
export class S3Bucket implements Bucket {
  readonly #options: S3Options
  #opened: Promise<{ sdk: Sdk; client: S3Client }> | undefined

  constructor(options: S3Options) {
    this.#options = options
  }

  async upload(
    key: string,
    file: LocalFile,
    state: UploadState | undefined,
    save: (state: UploadState) => Promise<void>,
  ): Promise<void> {
    const handle = await open(file.path, 'r')
    try {
      const etag = await told(() =>
        file.bytes <= this.#partBytes(file.bytes)
          ? this.#putWhole(key, handle, file.bytes)
          : this.#putParts(key, handle, file, state, save),
      )
      await this.#verify(key, file, etag)
    } finally {
      await handle.close()
    }
  }

  async size(key: string): Promise<number | undefined> {
    return told(async () => {
      const { sdk, client } = await this.#client()
      try {
        const found = await client.send(
          new sdk.HeadObjectCommand({ Bucket: this.#options.bucket, Key: key }),
        )
        return found.ContentLength ?? 0
      } catch (error) {
        return undefinedIfMissing(error)
      }
    })
  }

  async read(
    key: string,
    start: number,
    end: number,
  ): Promise<AsyncIterable<Uint8Array> | undefined> {
    return told(async () => {
      const { sdk, client } = await this.#client()
      const wanted = { Bucket: this.#options.bucket, Key: key, Range: `bytes=${start}-${end}` }
      try {
        const { Body } = await client.send(new sdk.GetObjectCommand(wanted))
        return Body as unknown as AsyncIterable<Uint8Array> | undefined
      } catch (error) {
        return undefinedIfMissing(error)
      }
    })
  }

  async remove(key: string): Promise<void> {
    await told(async () => {
      const { sdk, client } = await this.#client()
      const { bucket: Bucket } = this.#options
      await client.send(new sdk.DeleteObjectCommand({ Bucket, Key: key }))
    })
  }

  async abort({ key, uploadId }: UploadState): Promise<void> {
    await told(async () => {
      const { sdk, client } = await this.#client()
      const { bucket: Bucket } = this.#options
      try {
        const given = { Bucket, Key: key, UploadId: uploadId }
        await client.send(new sdk.AbortMultipartUploadCommand(given))
      } catch (error) {
        if (statusOf(error) !== 404 && !isNotOffered(error)) throw error
      }
    })
  }

  close(): void {
    void this.#opened?.then(({ client }) => client.destroy()).catch(() => undefined)
    this.#opened = undefined
  }

  #partBytes(bytes: number): number {
    const { partBytes = usualPartBytes } = this.#options
    return Math.max(partBytes, Math.ceil(bytes / mostParts))
  }

  /** What the storage should call it: for many the MD5 of the content. */
  async #putWhole(key: string, handle: FileHandle, bytes: number): Promise<string> {
    const { sdk, client } = await this.#client()
    const Body = await readPart(handle, 0, bytes)
    const md5 = createHash('md5').update(Body).digest()
    const { bucket: Bucket } = this.#options
    const ContentMD5 = md5.toString('base64')
    await client.send(new sdk.PutObjectCommand({ Bucket, Key: key, Body, ContentMD5 }))
    return md5.toString('hex')
  }

  async #putParts(
    key: string,
    handle: FileHandle,
    { bytes }: LocalFile,
    before: UploadState | undefined,
    save: (state: UploadState) => Promise<void>,
  ): Promise<string> {
    const { sdk, client } = await this.#client()
    const given = { Bucket: this.#options.bucket, Key: key }
    let state = (await this.#stillThere(key, bytes, before)) ?? (await this.#begin(key, bytes))
    await save(state)
    const sums: Buffer[] = []
    const count = Math.ceil(bytes / state.partBytes)
    for (let part = 0; part < count; part++) {
      const at = part * state.partBytes
      const Body = await readPart(handle, at, Math.min(state.partBytes, bytes - at))
      const md5 = createHash('md5').update(Body).digest()
      sums.push(md5)
      if (part < state.etags.length) continue
      const { ETag = '' } = await client.send(
        new sdk.UploadPartCommand({
          ...{ ...given, UploadId: state.uploadId, PartNumber: part + 1, Body },
          ContentMD5: md5.toString('base64'),
        }),
      )
      state = { ...state, etags: [...state.etags, ETag] }
      await save(state)
    }
    const Parts: CompletedPart[] = state.etags.map((ETag, n) => ({ ETag, PartNumber: n + 1 }))
    const UploadId = state.uploadId
    await client.send(
      new sdk.CompleteMultipartUploadCommand({ ...given, UploadId, MultipartUpload: { Parts } }),
    )
    return `${createHash('md5').update(Buffer.concat(sums)).digest('hex')}-${count}`
  }

  async #begin(key: string, bytes: number): Promise<UploadState> {
    const { sdk, client } = await this.#client()
    const given = { Bucket: this.#options.bucket, Key: key }
    const { UploadId } = await client.send(new sdk.CreateMultipartUploadCommand(given))
    if (UploadId === undefined) throw new BucketFault('failed', 'the storage began no upload')
    return { uploadId: UploadId, key, partBytes: this.#partBytes(bytes), etags: [] }
  }

  /** What was begun goes on, as far as the storage has it; some can't list the parts, and are believed. */
  async #stillThere(
    key: string,
    bytes: number,
    state: UploadState | undefined,
  ): Promise<UploadState | undefined> {
    if (state === undefined || state.key !== key) return undefined
    if (state.partBytes !== this.#partBytes(bytes)) return undefined
    const { sdk, client } = await this.#client()
    const given = { Bucket: this.#options.bucket, Key: key, UploadId: state.uploadId }
    try {
      const { Parts = [] } = await client.send(new sdk.ListPartsCommand(given))
      const there = new Map(Parts.map(({ PartNumber, ETag }) => [PartNumber, ETag]))
      const lacks = state.etags.findIndex((etag, n) => there.get(n + 1) !== etag)
      return lacks < 0 ? state : { ...state, etags: state.etags.slice(0, lacks) }
    } catch (error) {
      if (nameOf(error) === 'NoSuchUpload') return undefined
      if (nameOf(error) === 'NoSuchKey' || isNotOffered(error)) return state
      throw error
    }
  }

  /** Is it there, as long as it should be? Where its name does not prove what is in it, it is read back. */
  async #verify(key: string, { bytes, sha256 }: LocalFile, etag: string): Promise<void> {
    const { sdk, client } = await this.#client()
    const given = { Bucket: this.#options.bucket, Key: key }
    const head = await told(() => client.send(new sdk.HeadObjectCommand(given)))
    if (head.ContentLength !== bytes)
      throw new BucketFault('checksum', `the storage has ${head.ContentLength} of ${bytes} bytes`)
    if (head.ETag?.replaceAll('"', '') === etag) return
    const hash = createHash('sha256')
    const back = await this.read(key, 0, bytes - 1)
    await told(async () => {
      for await (const some of back ?? []) hash.update(some)
    })
    if (hash.digest('hex') !== sha256)
      throw new BucketFault('checksum', 'the storage has something else than was sent')
  }

  #client(): Promise<{ sdk: Sdk; client: S3Client }> {
    this.#opened ??= this.#open().catch((error: unknown) => {
      this.#opened = undefined
      throw error
    })
    return this.#opened
  }

  async #open(): Promise<{ sdk: Sdk; client: S3Client }> {
    const { endpoint, region, accessKey, secretKey, connectWithinMs = 5_000 } = this.#options
    const sdk = await import('@aws-sdk/client-s3')
    const client = new sdk.S3Client({
      region,
      ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
      credentials: { accessKeyId: accessKey, secretAccessKey: secretKey },
      maxAttempts: 2,
      // Content-MD5 is known to every storage; the newer trailers are not.
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      requestHandler: { connectionTimeout: connectWithinMs, requestTimeout: answerWithinMs },
    })
    return { sdk, client }
  }
}

async function readPart(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  for (let done = 0; done < length; ) {
    const { bytesRead } = await handle.read(bytes, done, length - done, at + done)
    if (bytesRead === 0) throw new Error('the file is shorter than it was')
    done += bytesRead
  }
  return bytes
}

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '')

/** Storages that speak as S3 does leave some of it out. */
const isNotOffered = (error: unknown): boolean => statusOf(error) === 501 || statusOf(error) === 405

function undefinedIfMissing(error: unknown): undefined {
  if (statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket') return undefined
  throw error
}

/** With the address that was tried, and the code of the system, where they are known. */
function unreachable(error: unknown): string {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error
  const { address, hostname, port, code } = first as Partial<Record<string, unknown>>
  const host = address ?? hostname
  const at = host === undefined ? '' : ` at ${host}${port === undefined ? '' : `:${port}`}`
  return `the storage${at} cannot be reached (${code ?? nameOf(error)})`
}

/** Its own words, of which none is a secret: the client's errors tell the request, never its key. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof BucketFault) throw error
    const status = statusOf(error)
    const name = nameOf(error)
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') throw error
    const cause = { cause: error }
    if (status === undefined) throw new BucketFault('unreachable', unreachable(error), cause)
    const reason = status === 401 || status === 403 ? 'refused' : 'failed'
    throw new BucketFault(reason, `the storage answers ${status} (${name})`, cause)
  }
}
