/** What the README and package.json say of the benches of browsers is what there is. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { webRtcBenches } from './benches.ts'

const root = new URL('../../../', import.meta.url)
const text = (file: string): string => readFileSync(new URL(file, root), 'utf8')

test('the README names every bench', () => {
  const told = [...text('README.md').matchAll(/`(webrtc-[a-z]+)`/g)].map(([, name]) => name)
  expect(new Set(told)).toEqual(new Set(webRtcBenches.map(({ name }) => name)))
})

test('npm run bench:webrtc runs them over a page that is built', () => {
  const { scripts } = JSON.parse(text('package.json'))
  expect(scripts['bench:webrtc']).toMatch(/--with-page test\/browser\/bench\/run\.ts$/)
})
