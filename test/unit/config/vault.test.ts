import { expect, test } from 'vitest'
import { ConfigFault, type Environment, readConfig } from '../../../engine/config/index.ts'

function faultsOf(env: Environment): readonly string[] {
  try {
    readConfig(env, '/srv')
  } catch (error) {
    if (error instanceof ConfigFault) return error.faults
    throw error
  }
  return []
}

test('recordings in S3: all that is needed, or nothing', () => {
  const whole = {
    ...{ RINGDOWN_S3_BUCKET: 'calls', RINGDOWN_S3_ACCESS_KEY: 'id', RINGDOWN_S3_SECRET_KEY: 'k' },
    ...{ RINGDOWN_S3_PREFIX: '/a/b/', RINGDOWN_RECORDING_KEYS_DIR: 'keys' },
  }
  const { vault, secrets } = readConfig(whole, '/srv')
  expect(vault).toEqual({
    keysDir: '/srv/keys',
    bucket: {
      ...{ endpoint: undefined, name: 'calls', region: 'us-east-1', accessKey: 'id' },
      ...{ prefix: 'a/b', keepsLocal: false },
    },
  })
  expect(secrets.bucketKey).toBe('k')
  expect(faultsOf({ RINGDOWN_S3_BUCKET: 'calls' })).toEqual([
    'recordings in S3 need RINGDOWN_S3_ACCESS_KEY and RINGDOWN_S3_SECRET_KEY too',
  ])
  expect(faultsOf({ ...whole, RINGDOWN_S3_BUCKET: 'No Bucket' })).toHaveLength(1)
})
