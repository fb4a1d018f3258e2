import { setTimeout as sleep } from 'node:timers/promises'
import type { Method } from './audio-leg.ts'
import {
  type BenchEngine,
  created,
  ownNumber,
  startBenchEngine,
  trunkAddress,
  trunkPrefix,
} from './engine.ts'
import { GeneratorProcess } from './generator-process.ts'

export interface BridgeOptions {
  readonly bridges: number
  readonly record: boolean
  readonly payloadTypes: readonly [0 | 8, 0 | 8]
  readonly method: Method
}

export interface Bridges {
  readonly engine: BenchEngine
  readonly generator: GeneratorProcess
}

const numberOf = (leg: number): string => `${trunkPrefix}${String(leg).padStart(6, '0')}`

/**
 * An engine with so many bridges up, each made as an application would: a call by the API whose verb is
 * `dial`. Hands them to `use`, and takes everything down after it.
 */
export async function withBridges<T>(
  { bridges, record, payloadTypes, method }: BridgeOptions,
  use: (up: Bridges) => Promise<T>,
): Promise<T> {
  const generator = await GeneratorProcess.start({
    address: trunkAddress,
    legs: 2 * bridges,
    payloadTypes,
    method,
  })
  try {
    const engine = await startBenchEngine(generator.port)
    try {
      for (let n = 0; n < bridges; n++) {
        await created(engine.api, '/v1/voice/calls', {
          to: numberOf(2 * n),
          from: ownNumber,
          verbs: [{ verb: 'dial', to: numberOf(2 * n + 1), record }],
        })
        // Below the rate that an account may ask at.
        await sleep(15)
      }
      await generator.up(2 * bridges, 30_000)
      const result = await use({ engine, generator })
      await generator.hangUp()
      return result
    } finally {
      await engine.stop()
    }
  } finally {
    await generator.stop()
  }
}
