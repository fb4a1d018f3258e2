// The package comes without types. Only what we use, as its source has it.

declare module 'node-record-lpcm16' {
  import type { ChildProcess } from 'node:child_process'
  import type { Readable } from 'node:stream'

  interface Recording {
    readonly process: ChildProcess
    /** Emits its errors as strings. */
    stream(): Readable
    /** SIGTERM to the recorder program. */
    stop(): void
  }

  /** `recorder` is a recorder of the package, or the absolute path of a module that is one. */
  const lpcm16: {
    record(options: { readonly recorder: string } & Readonly<Record<string, unknown>>): Recording
  }
  export default lpcm16
}
