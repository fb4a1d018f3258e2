import { Failure } from '../core/failures.ts'

/** Waits for the work, but no longer than until the signal; the work itself is not stopped. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(abortFailure(signal))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort)
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** The Failure that a signal was aborted with, or one for an abort without a reason of ours. */
export function abortFailure(signal: AbortSignal): Failure {
  const reason: unknown = signal.reason
  return reason instanceof Failure
    ? reason
    : new Failure('url_unreachable', 'the request was given up')
}
