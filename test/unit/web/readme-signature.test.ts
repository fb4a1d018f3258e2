/** The function in the README by which receivers check a signature. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { signatureOf } from '../../../engine/web/signatures.ts'

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
const [, source = ''] =
  /```js\n(\s+import \{ createHmac, timingSafeEqual \}[\s\S]*?)```/.exec(readme) ?? []
const { isOurs } = (await import(`data:text/javascript,${encodeURIComponent(source)}`)) as {
  isOurs(header: string, body: string, secret: string): boolean
}

test('takes what is ours, by either secret, and nothing else', () => {
  const now = Date.now()
  const header = signatureOf('{"a":1}', ['new', 'old'], now)
  for (const secret of ['new', 'old']) expect(isOurs(header, '{"a":1}', secret)).toBe(true)
  expect(isOurs(header, '{"a":2}', 'new')).toBe(false)
  expect(isOurs(header, '{"a":1}', 'other')).toBe(false)
  expect(isOurs(signatureOf('x', 'new', now - 600_000), 'x', 'new')).toBe(false)
  for (const wrong of ['', 't=1', 'v1=00', `${header.slice(0, 12)},v1=zz`]) {
    expect(isOurs(wrong, '{"a":1}', 'new')).toBe(false)
  }
})
