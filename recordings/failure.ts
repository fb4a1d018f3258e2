/** Why a recording stops before its end: the disk is full, it fails, or the file is not in its folder any more. */
export type RecordingFailure = 'no_space' | 'io_error' | 'file_gone'

const NO_SPACE = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** Its file was removed while it was being written. */
export class FileGone extends Error {
  override readonly name = 'FileGone'
}

export function failureOf(error: unknown): RecordingFailure {
  if (error instanceof FileGone) return 'file_gone'
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (NO_SPACE.has(code)) return 'no_space'
  return 'io_error'
}
