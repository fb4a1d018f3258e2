import type { Static } from 'typebox'
import type { TriggerCall } from '../../../app/call-centre.ts'
import { Failure } from '../../../core/failures.ts'
import type { triggerSchema } from './schema.ts'

const maxNameChars = 100
const maxMetadataBytes = 4096

/** What the body asks for. Whether the numbers are ones is the use case's to say. */
export function readTrigger(body: Static<typeof triggerSchema>): TriggerCall {
  const { agentPhone, leadPhone, metadata } = body
  const source = spoken('source', body.source ?? '')
  if (metadata && Buffer.byteLength(JSON.stringify(metadata)) > maxMetadataBytes) {
    throw new Failure('invalid_request', 'metadata must not exceed 4 KB', 'metadata')
  }
  return {
    agentPhone: given('agentPhone', agentPhone),
    leadPhone: given('leadPhone', leadPhone),
    leadName: given('leadName', spoken('leadName', body.leadName)),
    ...(source !== '' && { source }),
    ...(metadata && { metadata }),
    ...(body.machineDetection === true && { hangsUpMachine: true }),
  }
}

/** Trimmed, one line, short enough to be said, and nothing that no voice has a sound for. */
function spoken(field: string, text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  if (/\p{Cc}/u.test(line) || !line.isWellFormed()) {
    throw new Failure('invalid_request', `${field} must be plain text`, field)
  }
  if ([...line].length <= maxNameChars) return line
  throw new Failure('invalid_request', `${field} must not exceed ${maxNameChars} characters`, field)
}

function given(field: string, text: string): string {
  if (text.trim() !== '') return text
  throw new Failure('missing_parameter', `${field} is required`, field)
}
