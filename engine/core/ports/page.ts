/** A part of a list. */
export interface Page {
  /** From 1. */
  readonly page: number
  /** 1 to 100. */
  readonly pageSize: number
}
