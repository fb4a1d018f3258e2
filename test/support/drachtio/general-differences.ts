import type { Difference } from './compare.ts'

/** Where the embedded server deliberately differs from v0.9.10 in any scenario. */
export const generalDifferences: readonly Difference[] = []
