import { Type } from 'typebox'
import { callStatuses } from '../../../core/call.ts'
import { qualitySchema } from './call-quality.ts'
import { directionSchema } from './call-schema.ts'
import { nullable } from './nullable.ts'

export const finalStatuses = ['completed', 'failed', 'busy', 'no-answer', 'canceled'] as const

const time = (description: string) => nullable(Type.String({ format: 'date-time', description }))
const id = (description: string) => nullable(Type.String({ format: 'uuid', description }))

export const cdrSchema = Type.Object(
  {
    id: Type.String({ format: 'uuid', description: 'Of the call' }),
    parent_call_id: id('The call whose dial made this one'),
    direction: directionSchema,
    from: Type.String(),
    to: Type.String(),
    status: Type.Enum([...callStatuses]),
    end_reason: nullable(Type.String()),
    start_time: time('When the INVITE was sent or came'),
    answered_at: time('When it was answered'),
    end_time: time('When it ended'),
    duration_ms: Type.Integer({ description: 'From the answer to the end' }),
    billed_seconds: nullable(Type.Integer({ description: 'What of it is paid' })),
    price: nullable(Type.String({ description: 'A charge is negative' })),
    price_unit: nullable(Type.String({ description: 'ISO 4217' })),
    price_per_minute: nullable(Type.String()),
    rate_id: nullable(Type.String({ description: 'deck:version:prefix' })),
    answered_by: nullable(Type.Enum(['human', 'machine', 'unknown'])),
    trunk_id: id('By which it came or went'),
    device_id: id('Whose phone it is'),
    recording_id: id('The newest recording'),
    quality: nullable(qualitySchema),
  },
  { 'x-name': 'CallDetailRecord' },
)
