import type { Run } from '../program.ts'

/** What every part of the queues works with. */
export type Around = Pick<Run, 'ports' | 'calls'>
