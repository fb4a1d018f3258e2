/** An upload in parts that is not done yet. */
export interface UploadState {
  readonly uploadId: string
  readonly key: string
  readonly partBytes: number
  /** Of the parts that are there, the first one's first: what the storage answered for each. */
  readonly etags: readonly string[]
}

export interface LocalFile {
  readonly path: string
  readonly bytes: number
  /** Hex. */
  readonly sha256: string
}

/** Objects by key in a bucket of somebody's storage. */
export interface Bucket {
  /**
   * Uploads a file, whole or not at all; a big one in parts, each of which is told (`save`) when it is there. With what was
   * told last it goes on where it was, if the storage still has it. Rejects with BucketFault.
   */
  upload(
    key: string,
    file: LocalFile,
    state: UploadState | undefined,
    save: (state: UploadState) => Promise<void>,
  ): Promise<void>
  /** Undefined: there is no such object. */
  size(key: string): Promise<number | undefined>
  /** Bytes `start` to `end`, both inclusive. Undefined: there is no such object. */
  read(key: string, start: number, end: number): Promise<AsyncIterable<Uint8Array> | undefined>
  /** Fine when it is gone. */
  remove(key: string): Promise<void>
  /** Gives up an upload in parts; fine when the storage does not know it. */
  abort(state: UploadState): Promise<void>
  close(): void
}

/** The storage can't be reached, refuses us, or has failed; without secrets in it. */
export class BucketFault extends Error {
  override readonly name = 'BucketFault'
  /** `damaged`: the file is not what was sealed, and is not brought anywhere. */
  readonly reason: 'unreachable' | 'refused' | 'failed' | 'checksum' | 'damaged'
  constructor(reason: BucketFault['reason'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}
