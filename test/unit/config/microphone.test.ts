import { expect, test } from 'vitest'
import { readConfig } from '../../../engine/config/index.ts'

test.each(['sox', 'rec', 'arecord', 'parecord', 'auto'])(
  'the microphone is read by %s',
  (program) => {
    const { microphone } = readConfig({
      RINGDOWN_MICROPHONE_RECORDER: program,
      RINGDOWN_MICROPHONE_DEVICE: 'USB Mic, 1',
    })
    expect(microphone).toEqual({ device: 'USB Mic, 1', recorder: program })
  },
)
