import { type TSchema, Type } from 'typebox'
import { triggerFailures } from '../../../core/call.ts'
import { billings } from '../../../core/money/call-money.ts'

export const statuses = ['initiated', 'ringing', 'connected', 'completed', 'failed'] as const
export type Status = (typeof statuses)[number]

const nullable = <T extends TSchema>(schema: T) => Type.Union([schema, Type.Null()])

/** Fields that are not known here are ignored, as clients of such an API expect. */
export const triggerSchema = Type.Object(
  {
    agentPhone: Type.String({ description: 'The sales agent, E.164; called first' }),
    leadPhone: Type.String({ description: 'The lead, E.164; called when the agent presses 1' }),
    leadName: Type.String({ description: 'Spoken to the agent, 1 to 100 characters' }),
    source: Type.Optional(Type.String({ description: 'Where the lead came from; spoken too' })),
    machineDetection: Type.Optional(
      Type.Boolean({
        default: false,
        description:
          'An answering machine that takes the call of the agent is hung up: failed, agent_no_answer',
      }),
    ),
    metadata: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: 'Kept with the call, up to 4 KB' }),
    ),
  },
  {
    'x-name': 'TriggerCall',
    examples: [
      {
        agentPhone: '+15005550111',
        leadPhone: '+15005550130',
        leadName: 'Sarah Johnson',
        source: 'Zillow',
      },
    ],
  },
)

const accepted = {
  success: Type.Literal(true),
  callId: Type.String({ pattern: '^call_[0-9a-z]{25}$' }),
  status: Type.Enum([...statuses]),
  agentPhone: Type.String(),
  leadPhone: nullable(Type.String()),
  estimatedConnectTime: Type.String(),
  creditsUsed: Type.Number(),
}

export const acceptedSchema = Type.Object(accepted, { 'x-name': 'TriggeredCall' })

export const lookupSchema = Type.Object(
  {
    ...accepted,
    leadName: nullable(Type.String()),
    source: nullable(Type.String()),
    reason: nullable(Type.Enum([...triggerFailures], { description: 'Why it failed' })),
    duration: nullable(Type.Integer({ description: 'Seconds that both were connected' })),
    cost: nullable(Type.Number({ description: 'Credits for both legs, once it is over' })),
    metadata: nullable(Type.Record(Type.String(), Type.Unknown())),
    recordingUrl: nullable(Type.String()),
    voiceCallId: Type.String({ description: 'The same call at /v1/voice/calls/{id}' }),
  },
  { 'x-name': 'TriggeredCallStatus' },
)

export const balanceSchema = Type.Object(
  {
    success: Type.Literal(true),
    balance: Type.Number({ description: 'Credits that may be spent' }),
    held: Type.Number({ description: 'Credits set aside for calls that are not over' }),
    currency: Type.String({ description: 'Of one credit, ISO 4217' }),
    billing: Type.Enum([...billings], { description: 'off: calls are not paid for' }),
  },
  { 'x-name': 'AccountBalance' },
)

export const callIdSchema = Type.Object({ callId: Type.String() })
