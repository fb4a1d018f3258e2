import type { z } from 'zod'

export interface Setting<S extends z.ZodType> {
  readonly schema: S
  /** As one would write it in the environment; undefined when there is none. */
  readonly byDefault: string | undefined
  /** One line for the README. */
  readonly says: string
  /** True when the value must not be shown, in a fault or anywhere else. */
  readonly isSecret?: boolean
}

export const setting = <S extends z.ZodType, D extends string | undefined>(
  schema: S,
  byDefault: D,
  says: string,
  isSecret = false,
): Setting<S> & { readonly byDefault: D } => ({ schema, byDefault, says, isSecret })
