/** Greetings of voicemail boxes that were recorded by phone, and sound that is made ready to be played. */
export interface GreetingFiles {
  /** Absolute path of a stored greeting. Rejects when it is not there, or `file` is no name of one. */
  pathOf(file: string): Promise<string>
  /** Takes over a whole WAV from where it was recorded, and returns under which name it is kept. */
  keep(path: string): Promise<string>
  /** Fine when it is gone. */
  remove(file: string): Promise<void>
  /** Writes what a reader gives to that path. Rejects as the reader does. */
  spool(stream: NodeJS.ReadableStream, path: string): Promise<void>
}
