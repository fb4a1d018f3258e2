import { Type } from 'typebox'
import { type Ladder, type LadderRow, ladderOf, placeText } from '../../../app/sip-ladder/ladder.ts'
import { pcapOf } from '../../../app/sip-ladder/pcap.ts'
import { ladderText } from '../../../app/sip-ladder/text.ts'
import { Failure } from '../../../core/failures.ts'
import { type CallId, isUuid } from '../../../core/ids.ts'
import { type Reply, type Route, route } from '../../dialect.ts'
import { callIdSchema } from './call-schema.ts'
import { isoTime } from './values.ts'

const formats = ['json', 'text', 'pcap'] as const
type Format = (typeof formats)[number]

const types = {
  text: 'text/plain',
  pcap: 'application/vnd.tcpdump.pcap',
} as const

const querySchema = Type.Object(
  {
    format: Type.Optional(
      Type.Enum([...formats], {
        description: `Without it what Accept asks for: ${types.text}, ${types.pcap}, else JSON`,
      }),
    ),
  },
  { additionalProperties: false },
)

const messageSchema = Type.Object(
  {
    at: Type.String({ format: 'date-time' }),
    offset_ms: Type.Number({ description: 'Since the first message' }),
    call_id: Type.String({ format: 'uuid', description: 'The call itself, or one that it dialed' }),
    sip_call_id: Type.String(),
    direction: Type.Enum(['in', 'out'], { description: 'As the engine sees it' }),
    protocol: Type.Enum(['udp', 'tcp', 'tls', 'ws', 'wss']),
    local: Type.String({ description: 'address:port of the engine' }),
    remote: Type.String({ description: 'address:port of the peer' }),
    from: Type.Integer({ description: 'Number of the column where the arrow begins' }),
    to: Type.Integer({ description: 'Number of the column where it ends' }),
    method: Type.String({ description: 'Of a response that of its CSeq' }),
    status: Type.Union([Type.Integer(), Type.Null()]),
    reason: Type.Union([Type.String(), Type.Null()]),
    label: Type.String({ description: 'Text for the arrow' }),
    retransmission: Type.Boolean({ description: 'The same bytes went the same way before' }),
    raw: Type.String({ description: 'The whole message; secrets are asterisks' }),
  },
  { 'x-name': 'SipMessage' },
)

const ladderSchema = Type.Object(
  {
    call_id: Type.String({ format: 'uuid' }),
    tracing: Type.Boolean({ description: 'Whether messages are kept at all' }),
    truncated: Type.Boolean({
      description: 'Some messages found no room, or have made room for those of later calls',
    }),
    columns: Type.Array(Type.String(), { description: 'Peers, and the engine as Ringdown' }),
    messages: Type.Array(messageSchema),
  },
  { 'x-name': 'SipLadder' },
)

const ladder = route({
  method: 'GET',
  path: '/v1/voice/calls/:call_id/sip',
  params: callIdSchema,
  query: querySchema,
  operation: {
    id: 'getCallSip',
    tag: 'Calls',
    summary: 'The SIP messages of a call and of the calls that it dialed',
    description:
      'Every message that went over the wire, attempts and repetitions too, in order: as JSON, as a ladder ' +
      'of text, or as a capture file (raw IP, each message one UDP datagram between the true addresses; ' +
      'those that went by TCP, TLS or WebSocket are copies). They are kept in memory, for the last calls.',
    alsoProduces: Object.values(types),
    replies: {
      200: { says: 'The messages', schema: ladderSchema },
      404: { says: 'Call not found' },
    },
  },
  async run({ account, params, query, accept }, { callCentre, sipTrace }) {
    if (!isUuid(params.call_id)) throw new Failure('not_found', 'There is no such call')
    const id = params.call_id as CallId
    const call = await callCentre.getCall(account.id, id)
    const dialed = await callCentre.childrenOf(account.id, id)
    return written(ladderOf([call, ...dialed], sipTrace), query.format ?? formatOf(accept))
  },
})

export const sipLadderRoutes: readonly Route[] = [ladder]

/** The first type that we have; weights are for those who want something else. */
function formatOf(accept: string): Format {
  const asked = accept.split(',').map((one) => one.split(';', 1)[0]?.trim().toLowerCase())
  const known = asked.find(
    (one) => one === types.text || one === types.pcap || one === 'application/json',
  )
  if (known === types.text) return 'text'
  return known === types.pcap ? 'pcap' : 'json'
}

function written(drawn: Ladder, format: Format): Reply {
  if (format === 'json') return { status: 200, body: asJson(drawn) }
  if (format === 'text') {
    const headers = { 'content-type': `${types.text}; charset=utf-8` }
    return { status: 200, headers, body: ladderText(drawn) }
  }
  const headers = {
    'content-type': types.pcap,
    'content-disposition': `attachment; filename="call-${drawn.callId}.pcap"`,
  }
  return { status: 200, headers, body: pcapOf(drawn.rows.map(({ message }) => message)) }
}

const asJson = ({ callId, isOn, truncated, columns, rows }: Ladder) => ({
  call_id: callId,
  tracing: isOn,
  truncated,
  columns,
  messages: rows.map(messageOf),
})

const messageOf = (row: LadderRow) => ({
  at: isoTime(row.message.atMs),
  offset_ms: row.offsetMs,
  call_id: row.callId,
  sip_call_id: row.message.sipCallId,
  direction: row.message.direction,
  protocol: row.message.protocol,
  local: placeText(row.message.local),
  remote: placeText(row.message.remote),
  from: row.from,
  to: row.to,
  method: row.method,
  status: row.status ?? null,
  reason: row.status === undefined ? null : row.reason,
  label: row.label,
  retransmission: row.isRepeated,
  raw: Buffer.from(row.message.raw, 'latin1').toString('utf8'),
})
