import type { BrowserContext, Locator, Page } from 'playwright-core'
import type { EngineProcess } from '../../support/engine-process.ts'
import type { Chromium } from './chromium.ts'

/** The console in a tab of its own. */
export class ConsolePage {
  readonly page: Page
  readonly context: BrowserContext
  /** What the page complained of. */
  readonly complaints: string[] = []

  private constructor(page: Page, context: BrowserContext) {
    this.page = page
    this.context = context
    page.on('pageerror', (error) => this.complaints.push(error.message))
  }

  static async open({ browser }: Chromium, { httpUrl }: EngineProcess): Promise<ConsolePage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      reducedMotion: 'reduce',
    })
    const page = await context.newPage()
    page.setDefaultTimeout(40_000)
    await page.goto(`${httpUrl}/console`)
    return new ConsolePage(page, context)
  }

  async signIn(key: string): Promise<void> {
    await this.page.getByLabel('API key').fill(key)
    await this.page.getByRole('button', { name: 'Sign in' }).click()
    await this.page.getByRole('heading', { name: 'Overview' }).waitFor()
  }

  /** By the rail, as a user does. */
  async show(title: string): Promise<void> {
    await this.rail.getByRole('link', { name: title, exact: true }).click()
    await this.page.getByRole('heading', { name: title, level: 1 }).waitFor()
  }

  get rail(): Locator {
    return this.page.getByRole('navigation', { name: 'Pages' })
  }

  get dialog(): Locator {
    return this.page.getByRole('dialog')
  }

  /** A row of the table of that name that has that text. */
  row(table: string, text: string): Locator {
    return this.page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: text })
  }

  async press(name: string, within: Page | Locator = this.page): Promise<void> {
    await within.getByRole('button', { name, exact: true }).click()
  }

  /** By how many pixels the page is wider than its window, or its content than its place. */
  tooWide(): Promise<number> {
    return this.page.evaluate(() => {
      const place = document.querySelector('.page')
      const inside = place === null ? 0 : place.scrollWidth - place.clientWidth
      return Math.max(document.documentElement.scrollWidth - innerWidth, inside)
    })
  }
}
