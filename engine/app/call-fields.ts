import type { CallRecord } from '../core/call.ts'

/** What an application that is asked for instructions is told about the call. */
export const callFields = (call: CallRecord): Readonly<Record<string, unknown>> => ({
  call_id: call.id,
  parent_call_id: call.parentId,
  direction: call.direction,
  status: call.status,
  from: call.from,
  to: call.to,
  ...(call.received && {
    sip_headers: call.received.sipHeaders,
    diversion: call.received.diversion,
  }),
})
