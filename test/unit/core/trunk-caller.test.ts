import { expect, test } from 'vitest'
import type { TrunkId } from '../../../engine/core/ids.ts'
import type { TrunkRecord } from '../../../engine/core/ports/sip.ts'
import { callerOn } from '../../../engine/core/trunk-caller.ts'
import { defaultTrunkOptions } from '../../../engine/core/trunk-options.ts'

const own = '+15005550100'
const others = '+61411111111'
const accounts = '+15005550199'
const trunks = '+61200000000'

const trunk = (changes: Partial<TrunkRecord>): TrunkRecord => ({
  id: '00000000-0000-4000-8000-000000000001' as TrunkId,
  ...{ name: 'carrier', host: '192.0.2.1', port: 5060, transport: 'udp' },
  ...{ username: null, password: null, defaultCallerId: null, prefixes: [] },
  ...{ priority: 10, weight: 10, maxCalls: null, maxCallsPerSecond: null, enabled: true },
  ...changes,
})
const policy = (allow: 'owned' | 'any', privacy: 'show' | 'withhold' = 'show') => ({
  callerId: { ...defaultTrunkOptions.callerId, allow, privacy },
})

test.each<[string, Partial<TrunkRecord>, [string, boolean, string | null], [string, boolean]]>([
  ['an own number is shown', {}, [own, true, accounts], [own, false]],
  ['another’s is not', {}, [others, false, accounts], [accounts, false]],
  [
    '… the trunk’s default comes first',
    { defaultCallerId: trunks },
    [others, false, accounts],
    [trunks, false],
  ],
  ['… unless the trunk takes any', policy('any'), [others, false, accounts], [others, false]],
  [
    '… and nobody is shown where there is no default',
    {},
    [others, false, null],
    ['anonymous', true],
  ],
  ['a device has the account’s number', {}, ['1001', true, accounts], [accounts, false]],
  ['… or the trunk’s', { defaultCallerId: trunks }, ['1001', true, accounts], [trunks, false]],
  ['… or else its name', {}, ['1001', true, null], ['1001', false]],
  [
    'who is withheld stays so, and the account pays',
    {},
    ['anonymous', false, accounts],
    [accounts, true],
  ],
  [
    '… also where any number may be shown',
    policy('any'),
    ['anonymous', false, null],
    ['anonymous', true],
  ],
  ['a trunk that shows nobody', policy('owned', 'withhold'), [own, true, accounts], [own, true]],
])('%s', (_, changes, [number, owned, fallback], [callerId, withheld]) => {
  expect(callerOn(trunk(changes), { number, owned, fallback })).toEqual({ callerId, withheld })
})
