import { expect, test } from 'vitest'
import { numberForm } from '../../../../engine/api/dialects/fonenumber/number-form.ts'

const asNumber = { service_type: 'PhoneNumber' }

test.each<[what: string, text: string, wanted: Record<string, string>]>([
  ['a bare plus', 'fonenumber=+15005550100&to=+49+89+456789', { to: '+49 89 456789' }],
  ['ten digits abroad', 'to=+3215551111', { to: '+3215551111' }],
  ['an encoded plus', 'to=%2B3215551111', { to: '+3215551111' }],
  ['no plus', 'to=3215551111', { to: '3215551111' }],
  ['two spaces', 'to=++3215551111', { to: '  3215551111' }],
  ['a bracket', 'to=+(321)+555-1111', { to: ' (321) 555-1111' }],
  ['a speed dial', 'to=+101', { to: ' 101' }],
  [
    'the number behind',
    'service_type=PhoneNumber&service_id=+3215551111',
    { ...asNumber, service_id: '+3215551111' },
  ],
  ['by the other name', 'type=forward&service_id=+3215551111', { service_id: '+3215551111' }],
  ['a text', 'service_type=TTS&service_id=+1234567', { service_id: ' 1234567' }],
  ['a device', 'service_type=Device&service_id=+987123543678', { service_id: ' 987123543678' }],
])('%s: %s', (_, text, wanted) => {
  expect(numberForm.read(text)).toMatchObject(wanted)
})

test('a name twice is still refused', () => {
  expect(() => numberForm.read('to=+3215551111&to=1')).toThrow(
    expect.objectContaining({ code: 'invalid_request', field: 'to' }),
  )
})
