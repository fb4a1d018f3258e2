import { describe, expect, test } from 'vitest'
import { PortRange } from '../../../engine/media/rtp/port-range.ts'

const range = (first: number, last: number, random = 0): PortRange =>
  new PortRange(first, last, 30_000, () => random)

describe('a range of ports', () => {
  test.each([
    ['even to odd', 10, 15, [10, 12, 14]],
    ['odd to even', 11, 16, [12, 14]],
    ['room for no pair', 11, 12, []],
    ['one pair', 10, 11, [10]],
  ])('%s', (_name, first, last, ports) => {
    expect([...range(first, last).free(0)]).toEqual(ports)
  })

  test('begins at a random pair and still names each once', () => {
    expect([...range(10, 17, 0.6).free(0)]).toEqual([14, 16, 10, 12])
  })

  test('a port in use is not named', () => {
    const ports = range(10, 13)
    ports.take(10)
    expect([...ports.free(1e9)]).toEqual([12])
  })

  test('a port rests for 30 s after its use', () => {
    const ports = range(10, 13)
    ports.take(10)
    ports.release(10, 1000)
    expect([...ports.free(30_999)]).toEqual([12])
    expect([...ports.free(31_000)]).toEqual([10, 12])
  })

  test('a port that was never ours does not rest', () => {
    const ports = range(10, 11)
    ports.take(10)
    ports.putBack(10)
    expect([...ports.free(0)]).toEqual([10])
  })
})
