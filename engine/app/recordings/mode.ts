import type { RecordMode } from '../../core/ports/media.ts'

/** What a recording that runs does, as everybody outside is told. */
export const shownModes = ['running', 'paused', 'masked'] as const
export type ShownMode = (typeof shownModes)[number]

export const shownMode = (mode: RecordMode): ShownMode => (mode === 'toned' ? 'masked' : mode)
