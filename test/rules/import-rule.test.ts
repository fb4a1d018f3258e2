import { describe, expect, test } from 'vitest'
import { forbiddenImports } from './import-rule.ts'
import { programs } from './sources.ts'

test('no file imports what its folder may not', () => {
  expect(programs.length).toBeGreaterThan(20)
  expect(forbiddenImports(programs)).toEqual([])
})

describe('the rule sees', () => {
  const cases: readonly [string, string, string, boolean][] = [
    ['an adapter in core', 'engine/core/call.ts', `import { x } from '../store/x.ts'`, false],
    [
      'types of an adapter in core',
      'engine/core/call.ts',
      `import type { X } from '../api/x.ts'`,
      false,
    ],
    ['one adapter in another', 'engine/sip/a.ts', `import { x } from '../media/x.ts'`, false],
    ['core in an adapter', 'engine/sip/a.ts', `import { x } from '../core/x.ts'`, true],
    ['a neighbour', 'engine/dsp/a.ts', `export * from './b.ts'`, true],
    ['an export from elsewhere', 'engine/dsp/a.ts', `export { x } from '../core/b.ts'`, false],
    ['a bare import', 'engine/dsp/a.ts', `import '../core/b.ts'`, false],
    [
      'an import over several lines',
      'engine/dsp/a.ts',
      `import {\n  x,\n  y,\n} from '../core/b.ts'`,
      false,
    ],
    ['an import that is called', 'engine/dsp/a.ts', `await import('../core/b.ts')`, false],
    [
      'a worker thread',
      'engine/sip/a.ts',
      `new Worker(new URL('../media/thread.ts', import.meta.url))`,
      false,
    ],
    ['anything in main.ts', 'engine/main.ts', `import { x } from './media/x.ts'`, true],
    ['main.ts in an adapter', 'engine/api/a.ts', `import { x } from '../main.ts'`, false],
    [
      'anything in a test',
      'test/unit/a.test.ts',
      `import { x } from '../../engine/core/x.ts'`,
      true,
    ],
    [
      'a test in the engine',
      'engine/core/a.ts',
      `import { x } from '../../test/support/x.ts'`,
      false,
    ],
    ['another dialect', 'engine/api/dialects/a/a.ts', `import { x } from '../b/x.ts'`, false],
    ['the same dialect', 'engine/api/dialects/a/a.ts', `import { x } from './x.ts'`, true],
    [
      'what dialects share',
      'engine/api/dialects/a/a.ts',
      `import { x } from '../../reply.ts'`,
      true,
    ],
    ['values of core', 'recordings/a.ts', `import { x } from '../engine/core/x.ts'`, true],
    ['types of core', 'engine/lab/a.ts', `import type { X } from '../core/x.ts'`, true],
    ['values of core in the lab', 'engine/lab/a.ts', `import { x } from '../core/x.ts'`, false],
    [
      'recordings in the media thread',
      'engine/media/leg/a.ts',
      `import { x } from '../../../recordings/x.ts'`,
      false,
    ],
    [
      'recordings at the root of the media thread',
      'engine/media/worker.ts',
      `import { x } from '../../recordings/x.ts'`,
      true,
    ],
    [
      'the sip-server in the lab',
      'engine/lab/a.ts',
      `import { x } from '../sip-server/x.ts'`,
      true,
    ],
    ['an unknown folder', 'engine/stuff/a.ts', '', false],
    ['a program at the top', 'build.ts', '', false],
    ['an npm package', 'engine/core/a.ts', `import x from 'x'`, true],
    ['sip in sip-server', 'engine/sip-server/a.ts', `import { x } from '../sip/x.ts'`, false],
  ]
  test.each(cases)('%s', (_, path, text, isFine) => {
    expect(forbiddenImports([{ path, text }])).toHaveLength(isFine ? 0 : 1)
  })
})
