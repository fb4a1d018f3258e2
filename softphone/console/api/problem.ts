/** The engine said no, or nothing: `status` 0 means that no answer came. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string
  /** The name of the input that was not good. */
  readonly field: string
  constructor(status: number, message: string, code = '', field = '') {
    super(message)
    this.status = status
    this.code = code
    this.field = field
  }
}

export const problemText = (problem: unknown): string =>
  problem instanceof Error ? problem.message : String(problem)
