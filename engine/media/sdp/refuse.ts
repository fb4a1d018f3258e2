import { Failure } from '../../core/failures.ts'

/** The Failure for SDP of others that we can't or won't take. */
export const unusable = (why: string): Failure =>
  new Failure('invalid_request', `The SDP can't be used: ${why}`, 'sdp')
