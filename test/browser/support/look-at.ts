import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { AxeResults, RunOptions } from 'axe-core'
import type { PagePhone } from './page-phone.ts'

declare global {
  var axe: { run(on: Document, options: RunOptions): Promise<AxeResults> }
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
)

/** A folder to keep pictures of all states in; none are taken without it. */
export const pictures = process.env['TEST_PICTURES'] ?? ''

const sizes = { narrow: { width: 360, height: 740 }, wide: { width: 1280, height: 800 } } as const
const schemes = ['light', 'dark'] as const

const all = ['narrow-light', 'narrow-dark', 'wide-light', 'wide-dark'] as const
type Look = (typeof all)[number]

/**
 * What axe finds serious or critical in a state of the page: on a phone-sized and a desktop-sized screen, light
 * and dark, or as `looks` says. One line for each finding; takes pictures where they are wanted. The page is wide and light afterwards.
 */
export async function lookAt(
  { page }: Pick<PagePhone, 'page'>,
  state: string,
  folder = pictures,
  looks: readonly Look[] = all,
): Promise<string[]> {
  const findings: string[] = []
  if (await page.evaluate(() => !('axe' in globalThis))) await page.evaluate(axeSource)
  for (const size of ['narrow', 'wide'] as const) {
    for (const colorScheme of schemes) {
      if (!looks.includes(`${size}-${colorScheme}`)) continue
      await page.setViewportSize(sizes[size])
      await page.emulateMedia({ colorScheme })
      const look = `${state}-${size}-${colorScheme}`
      findings.push(...(await axeFindings(page)).map((finding) => `${look}: ${finding}`))
      if (folder === '') continue
      mkdirSync(folder, { recursive: true })
      await page.screenshot({ path: join(folder, `${look}.png`) })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  return findings
}

async function axeFindings(page: PagePhone['page']): Promise<string[]> {
  const { violations } = await page.evaluate(() =>
    globalThis.axe.run(document, { resultTypes: ['violations'] }),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, help, nodes }) => {
      const where = nodes.map(({ target, any }) => `${target} ${any[0]?.message ?? ''}`)
      return `${id} (${help}): ${where.join('; ')}`
    })
}
