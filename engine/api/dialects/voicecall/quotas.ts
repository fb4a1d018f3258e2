import { Type } from 'typebox'
import { floorMicro, type MoneyAccount } from '../../../core/money/ledger.ts'
import type { StatementSums } from '../../../core/ports/money.ts'
import { type Route, route } from '../../dialect.ts'
import { isoTime } from '../../times.ts'
import { answer, answerSchema } from './render.ts'
import type { Words } from './words.ts'
import { writerOf } from './writer.ts'

const time = () => Type.String({ format: 'date-time' })

const quotaSchema = Type.Object(
  {
    business_uid: Type.String(),
    credit: Type.Number({ description: 'What may be spent in the period, `balance` included' }),
    balance: Type.Number({ description: 'The amount used from the credit' }),
    source: Type.String({ description: 'The provider' }),
    currency: Type.String({ description: 'ISO 4217' }),
    period_start: time(),
    period_end: time(),
  },
  { 'x-name': 'VoiceCallQuota' },
)

interface Period {
  readonly fromMs: number
  readonly toMs: number
}

/** The calendar month in UTC. */
function monthOf(atMs: number): Period {
  const at = new Date(atMs)
  const startOf = (month: number) => Date.UTC(at.getUTCFullYear(), month)
  return { fromMs: startOf(at.getUTCMonth()), toMs: startOf(at.getUTCMonth() + 1) }
}

/** What was charged in the period and is set aside now. Undefined: it may spend what it likes. */
function quotaOf(account: MoneyAccount, { kinds }: StatementSums) {
  const floor = floorMicro(account)
  if (floor === null) return undefined
  const charged = kinds
    .filter(({ kind }) => kind === 'charge' || kind === 're-rating')
    .reduce((sum, { micro }) => sum - micro, 0)
  const usedMicro = Math.max(0, charged) + account.heldMicro
  const leftMicro = Math.max(0, account.balanceMicro - floor)
  return { credit: (usedMicro + leftMicro) / 1_000_000, balance: usedMicro / 1_000_000 }
}

export const quotasRoute = (words: Words): Route =>
  route({
    method: 'GET',
    path: '/v3/communication/voice_call_quotas',
    query: Type.Object({}, { additionalProperties: false }),
    operation: {
      id: 'getVoiceCallQuota',
      tag: 'Voice call quotas',
      summary: 'Retrieve a VoiceCallQuota',
      description:
        "What calls of this system may still cost in this calendar month (UTC). The account's businesses have its money together, so each shows the same. There is none where calls are not paid for, or without a limit.",
      replies: {
        200: {
          says: 'One for each business of the token',
          schema: answerSchema(Type.Object({ voice_call_quotas: Type.Array(quotaSchema) })),
        },
      },
    },
    async run({ account, claims }, { money, directory }) {
      const { businesses = [account.id] } = writerOf(claims)
      const period = monthOf(directory.clock.nowMs())
      const standing = await money.account(account.id)
      const sums = await money.statement(account.id, period.fromMs, period.toMs)
      const quota = quotaOf(standing, sums)
      const shown = {
        source: words.provider(null),
        currency: standing.currency,
        period_start: isoTime(period.fromMs),
        period_end: isoTime(period.toMs),
      }
      const voice_call_quotas = quota
        ? businesses.map((business_uid) => ({ business_uid, ...quota, ...shown }))
        : []
      return answer({ voice_call_quotas })
    },
  })
