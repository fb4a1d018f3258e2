import type { Run } from '../program.ts'

/** What every part of the conferences works with. */
export type Around = Pick<Run, 'ports' | 'calls'>
