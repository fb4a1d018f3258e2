/** A good request for each operation about money, for the test that answers are as documented. */

const callId = '11111111-2222-4333-8444-555555555555'
const january = { from: '2026-01-01', to: '2026-01-31' }

export const moneySteps: readonly (readonly [string, string, object?])[] = [
  [
    'createRateDeck',
    'POST /v1/voice/rates',
    { id: 'retail', name: 'Retail', currency: 'AUD', csv: 'prefix,price_per_minute\n+61,0.08\n' },
  ],
  ['listRateDecks', 'GET /v1/voice/rates'],
  ['getRateDeck', 'GET /v1/voice/rates/retail'],
  [
    'importRates',
    'POST /v1/voice/rates/retail/versions',
    { csv: 'prefix,price_per_minute\n+61,0.07\n' },
  ],
  ['exportRates', 'GET /v1/voice/rates/retail/csv'],
  ['getPrice', 'GET /v1/voice/price?to=%2B61412345678'],
  ['setBilling', 'PUT /v1/voice/billing', { billing: 'prepaid', low_balance: ['1.00'] }],
  ['topUp', 'POST /v1/voice/top-ups', { amount: '50.00', reference: 'payment 1' }],
  ['adjustBalance', 'POST /v1/voice/adjustments', { amount: '-1', reference: 'correction 1' }],
  ['getBalance', 'GET /v1/voice/balance'],
  ['listLedger', 'GET /v1/voice/ledger'],
  ['getStatement', `GET /v1/voice/statements?from=${january.from}&to=${january.to}`],
  ['rerateCalls', 'POST /v1/voice/rerate', { ...january, rate_deck: 'retail' }],
  ['listCallRecords', 'GET /v1/voice/cdrs'],
  ['getCallRecord', `GET /v1/voice/cdrs/${callId}`],
]
