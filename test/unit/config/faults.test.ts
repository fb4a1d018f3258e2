import { expect, test } from 'vitest'
import { ConfigFault, readConfig } from '../../../engine/config/index.ts'

function faultsOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

test('a variable with a word left out', () => {
  expect(faultsOf({ RINGDOWN_TLS_PORT: '5061' })).toEqual([
    'RINGDOWN_TLS_PORT is not a setting; did you mean RINGDOWN_SIP_TLS_PORT?',
  ])
})

test('what is missing beside what is wrong, each but once', () => {
  const faults = faultsOf({
    RINGDOWN_S3_BUCKET: 'No Bucket',
    RINGDOWN_S3_ACCESS_KEY: 'a',
    RINGDOWN_S3_SECRET_KEY: 'b',
    RINGDOWN_SMTP_URL: 'smtp://mail.example',
  })
  expect(faults).toHaveLength(2)
  expect(faults[0]).toMatch(/^RINGDOWN_S3_BUCKET /)
  expect(faults[1]).toBe('RINGDOWN_SMTP_URL needs RINGDOWN_SMTP_FROM')
})
