import { describe, expect, test } from 'vitest'
import { allPaths, allSources } from './sources.ts'
import { breaches, textRules } from './text-rules.ts'

describe('what files contain', () => {
  test.each(textRules)('$says', (rule) => {
    expect(breaches(rule, allSources)).toEqual([])
  })

  const bad: readonly [rule: string, path: string, line: string][] = [
    ['read the environment', 'engine/core/a.ts', `const x = process.${'env'}.HOME`],
    ['unfinished work', 'README.md', `${'TO'}DO: write this`],
    ['paths of one machine', 'engine/core/a.ts', `open('/${'root'}/x')`],
    ['left out', 'test/unit/a.test.ts', `test.${'skip'}('x')`],
    ['hooks', 'test/unit/a-lab.ts', 'beforeEach(open)'],
    ['registry', 'package-lock.json', '"resolved": "https://registry.example/x.tgz"'],
  ]
  test.each(bad)('the rule "%s" sees a breach', (name, path, text) => {
    const rule = textRules.find(({ says }) => says.includes(name))!
    expect(breaches(rule, [{ path, text }])).toHaveLength(1)
  })

  const good: readonly [string, string][] = [
    ['engine/config/config.ts', `const x = process.${'env'}`],
    ['docker/compose.yaml', 'path: ./work/x'],
    ['test/unit/a-lab.ts', '  beforeEach(open)'],
    ['test/unit/a.test.ts', 'beforeEach(open)'],
    ['engine/core/a.ts', `fetch('http://a.example/home/x')`],
  ]
  test.each(good)('no rule minds %s: %s', (path, text) => {
    expect(textRules.flatMap((rule) => breaches(rule, [{ path, text }]))).toEqual([])
  })
})

describe('files and their names', () => {
  test('no program is longer than 500 lines', () => {
    const long = allSources
      .filter(({ path }) => /\.(?:[tj]s|mjs|h|py|sh)$/.test(path))
      .filter(({ text }) => text.trimEnd().split('\n').length > 500)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('no name says manager, helper or util', () => {
    expect(allPaths.filter((path) => /(?:manager|helper|util)/i.test(path))).toEqual([])
  })

  test('the top level holds what the layout names and tool configuration, no more', () => {
    const known = [
      ...['.ci', 'docker', 'engine', 'recordings', 'softphone', 'test', 'tts'],
      ...[
        'package.json',
        'package-lock.json',
        'tsconfig.json',
        'README.md',
        'LICENSE',
        'CHANGELOG.md',
      ],
      ...['.gitignore', '.npmrc', 'biome.json', 'knip.json', 'vitest.config.ts'],
    ]
    const there = new Set(allPaths.map((path) => path.split('/', 1)[0]!))
    expect([...there].filter((name) => !known.includes(name))).toEqual([])
  })
})
