import { Type } from 'typebox'
import type { Reply } from '../../dialect.ts'
import { errorBody } from './error.ts'

/** What the routes of recordings share. */
export const recordingIdSchema = Type.Object({ recording_id: Type.String() })

/** There is nothing to fetch or delete before the end: the file is still being written. */
export const unfinished = (requestId: string): Reply => ({
  status: 409,
  body: errorBody('recording_in_progress', 'The recording is not finished', requestId),
})
