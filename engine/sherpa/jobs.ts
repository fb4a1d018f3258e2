/** A model as the package is asked to load it; two of the same key are the same. */
export interface Model {
  readonly key: string
  readonly config: object
}

/** Something for the process to do. */
export type Job =
  | {
      readonly do: 'speak'
      readonly model: Model
      readonly text: string
      readonly speaker: number
      /** 1: as the model speaks by itself; 2: in half the time. */
      readonly speed: number
    }
  | {
      readonly do: 'listen'
      readonly model: Model
      readonly samples: Int16Array
      readonly rateHz: number
    }

/** What comes of a job, in any number; then it is done. */
export type Yield =
  | { readonly is: 'sound'; readonly samples: Int16Array; readonly rateHz: number }
  | {
      readonly is: 'heard'
      readonly text: string
      readonly language: string
      readonly tokens: readonly string[]
      /** Of each token, in ms from the first sample; none where the model does not tell. */
      readonly atMs: readonly number[]
      /** Of each token, its natural logarithm; none where the model does not tell. */
      readonly logProbabilities: readonly number[]
    }

export type ToChild =
  | { readonly job: number; readonly order: Job }
  /** No longer wanted. */
  | { readonly job: number; readonly order?: undefined }

export type FromChild =
  | { readonly job: number; readonly tells: 'begun' | 'done' }
  | { readonly job: number; readonly tells: 'yield'; readonly yield: Yield }
  | { readonly job: number; readonly tells: 'failed'; readonly why: string }
