import { describe, expect, test } from 'vitest'
import { installPackages, type Machine, missingPackages } from '../../../engine/setup/apt.ts'

interface Pretended {
  readonly isDebian?: boolean
  readonly isRoot?: boolean
  /** Packages that are there, as dpkg-query would print them. */
  readonly there?: readonly string[]
  /** Exit codes of the calls of apt-get, one after the other. */
  readonly exits?: readonly number[]
}

/** A machine that writes down what apt-get was told. */
function pretend({ isDebian = true, isRoot = true, there = [], exits = [0] }: Pretended) {
  const told: string[] = []
  const machine: Machine = {
    isDebian,
    isRoot,
    run(program, args) {
      if (program === 'dpkg-query') return { code: 1, out: there.join('\n') }
      told.push([program, ...args].join(' '))
      return { code: exits[told.length - 1] ?? 0, out: 'E: words of apt' }
    },
  }
  return { machine, told }
}

const install = 'apt-get install -y -q --no-install-recommends sox'
const command = 'sudo apt-get install -y --no-install-recommends sox'

describe('installPackages', () => {
  const cases: readonly [string, Pretended, readonly string[], boolean][] = [
    ['all are there', { there: ['sox installed'] }, [], true],
    ['one is there for an architecture', { there: ['sox:amd64 installed'] }, [], true],
    ['one was removed but for its settings', { there: ['sox config-files'] }, [install], true],
    ['one is missing', {}, [install], true],
    ['the lists are old', { exits: [100, 0, 0] }, [install, 'apt-get update -q', install], true],
    ['apt cannot', { exits: [100, 0, 100] }, [install, 'apt-get update -q', install], false],
    ['we are not root', { isRoot: false }, [], false],
    ['this is not Debian', { isDebian: false }, [], false],
  ]
  test.each(cases)('%s', (_, pretended, wanted, isThere) => {
    const { machine, told } = pretend(pretended)
    const result = installPackages(['sox'], () => {}, machine)
    expect(result).toEqual(isThere ? { ok: true } : { ok: false, command })
    expect(told).toEqual(wanted)
  })

  test("apt's own last words are passed on when it fails", () => {
    const said: string[] = []
    const { machine } = pretend({ exits: [100, 0, 100] })
    installPackages(['sox'], (message) => said.push(message), machine)
    expect(said.at(-1)).toBe('E: words of apt')
  })
})

test('missingPackages keeps the order', () => {
  const { machine } = pretend({ there: ['b installed'] })
  expect(missingPackages(['c', 'b', 'a'], machine)).toEqual(['c', 'a'])
})
