import type { BrowserContext, Locator, Page } from 'playwright-core'
import type { EngineProcess } from '../../support/engine-process.ts'
import type {} from '../in-page/listen-page.ts'
import { firstPassword, samplesOf } from './browser-phone.ts'
import { bundleOf } from './bundle.ts'
import type { Chromium } from './chromium.ts'
import { Ears } from './ears.ts'

export type ViewTitle = 'Keypad' | 'Contacts' | 'Recents' | 'Voicemail' | 'Settings'

/** As kept by the page: what was chosen in Settings before. Voices of tests are tones, which noise suppression takes away. */
const chosenBefore = JSON.stringify({ echoCancellation: false, noiseSuppression: false })

/** The page of the product as a user sees and works it: by roles and labels. */
export class PagePhone extends Ears {
  readonly page: Page
  readonly context: BrowserContext
  readonly #url: string

  private constructor(page: Page, url: string) {
    super()
    this.page = page
    this.context = page.context()
    this.#url = url
  }

  /** A profile of its own in that browser, with the page open and nobody signed in. */
  static async open({ browser }: Chromium, engine: EngineProcess): Promise<PagePhone> {
    const origin = engine.httpUrl
    const localStorage = [{ name: 'ringdown.settings', value: chosenBefore }]
    const context = await browser.newContext({
      reducedMotion: 'reduce',
      storageState: { cookies: [], origins: [{ origin, localStorage }] },
    })
    context.setDefaultTimeout(40_000)
    await context.addInitScript({ content: await bundleOf('listen-page.ts') })
    return PagePhone.tab(context, origin)
  }

  /** Another tab of the same profile. */
  static async tab(context: BrowserContext, url: string): Promise<PagePhone> {
    const page = await context.newPage()
    await page.goto(url)
    return new PagePhone(page, url)
  }

  anotherTab(): Promise<PagePhone> {
    return PagePhone.tab(this.context, this.#url)
  }

  async fillLogin(user: string, password: string): Promise<void> {
    await this.page.getByLabel('Name').fill(user)
    await this.page.getByLabel('Password').fill(password)
    await this.button('Sign in').click()
  }

  async signIn(engine: EngineProcess, user: string): Promise<void> {
    await this.fillLogin(user, firstPassword(engine, user))
    await this.isReady()
  }

  /** Where another tab is the phone. */
  async signInElsewhere(engine: EngineProcess, user: string): Promise<void> {
    await this.fillLogin(user, firstPassword(engine, user))
    await this.sees('Your phone is open in another tab')
  }

  async isReady(withinMs = 40_000): Promise<void> {
    await this.sees('Ready', withinMs)
  }

  /** These words alone. */
  async sees(words: string | RegExp, withinMs = 40_000): Promise<void> {
    const found = this.page.getByText(words, { exact: true }).filter({ visible: true })
    await found.first().waitFor({ timeout: withinMs })
  }

  button(name: string | RegExp): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  async press(name: string | RegExp): Promise<void> {
    await this.button(name).click()
  }

  async show(view: ViewTitle): Promise<void> {
    // With the number of new messages behind it.
    await this.page.getByRole('link', { name: new RegExp(`^${view}`) }).click()
  }

  get numberField(): Locator {
    return this.page.getByLabel('Number or name')
  }

  /** On the keypad. */
  async call(to: string): Promise<void> {
    await this.numberField.fill(to)
    await this.press('Call')
  }

  get incoming(): Locator {
    return this.page.getByRole('alertdialog', { name: /^Incoming call/ })
  }

  get currentCall(): Locator {
    return this.page.getByRole('region', { name: 'Current call' })
  }

  get endedCall(): Locator {
    return this.page.getByRole('region', { name: 'Ended call' })
  }

  async accepts(): Promise<void> {
    await this.press('Accept')
    await this.talks()
  }

  /** The call that is shown is up, and not held. */
  async talks(withinMs = 40_000): Promise<void> {
    const hold = this.page.getByRole('button', { name: 'Hold', exact: true, disabled: false })
    await hold.waitFor({ timeout: withinMs })
  }

  /** The call that was shown ended, and this is what the page says of it. */
  async ended(words: string | RegExp): Promise<void> {
    await this.endedCall.getByText(words).first().waitFor()
  }

  /** What the user hears of the call for so long, 8 kHz. */
  async hears(forMs: number): Promise<Int16Array> {
    await this.page.waitForFunction(() => globalThis.pageEar.listen())
    return this.#heard(forMs)
  }

  /** The page's own sounds for so long: it rings, knocks, plays key tones. */
  async sounds(forMs: number): Promise<Int16Array> {
    await this.page.waitForFunction(() => globalThis.pageEar.listenToPage())
    return this.#heard(forMs)
  }

  async #heard(forMs: number): Promise<Int16Array> {
    await this.page.waitForFunction((ms) => globalThis.pageEar.ear.ms >= ms, forMs)
    return samplesOf(await this.page.evaluate(() => globalThis.pageEar.ear.take()))
  }
}
