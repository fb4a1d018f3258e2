/** Milliseconds between the clock of this thread (`performance.now`) and one that all threads have. */
const aheadMs = Number(process.hrtime.bigint()) / 1e6 - performance.now()

/** Milliseconds, the same in every thread of the process; monotonic. */
export const sharedNowMs = (): number => performance.now() + aheadMs

/** A time on the clock of this thread, on that one. */
export const onSharedClockMs = (ownMs: number): number => ownMs + aheadMs

/** A time on that clock, on the one of this thread. */
export const onOwnClockMs = (sharedMs: number): number => sharedMs - aheadMs
