/** What the README says of benches is what there is. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { benches } from '../../bench/benches.ts'

const root = new URL('../../../', import.meta.url)
const names = benches.map(({ name }) => name)

test('the README names every bench', () => {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const section = /- `npm run bench` measures[\s\S]*?\n\n/.exec(readme)?.[0] ?? ''
  const told = [...section.matchAll(/`([a-z]+)`/g)].map(([, name]) => name)
  expect(new Set(told)).toEqual(new Set(names))
})

test('npm run bench:sip runs benches that there are', () => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))
  const wanted: string[] = scripts['bench:sip'].split('run.ts ')[1].split(' ')
  expect(wanted.filter((name) => !names.includes(name))).toEqual([])
  expect(wanted.length).toBeGreaterThan(0)
})
