import type { BrowserContext, Page } from 'playwright-core'
import { type EngineProcess, eventually } from '../../support/engine-process.ts'
import type {} from '../in-page/bench-page.ts'
import { deviceToken } from '../support/browser-phone.ts'
import { bundleOf } from '../support/bundle.ts'
import type { Chromium } from '../support/chromium.ts'

/** Asking a page costs CPU on a machine that is measured. */
const quicklyMs = 60_000

/** A tab with the phones of a bench. */
export class BenchTab {
  readonly page: Page
  readonly #engine: EngineProcess
  readonly #context: BrowserContext

  private constructor(page: Page, engine: EngineProcess, context: BrowserContext) {
    this.page = page
    this.#engine = engine
    this.#context = context
  }

  static async open(engine: EngineProcess, { browser }: Chromium): Promise<BenchTab> {
    const context = await browser.newContext({ bypassCSP: true })
    const page = await context.newPage()
    // A page of the engine's origin.
    await page.goto(`${engine.httpUrl}/healthz`)
    await page.addScriptTag({ content: await bundleOf('bench-page.ts') })
    return new BenchTab(page, engine, context)
  }

  /** `accepts`: calls that come in are answered at once. */
  async register(user: string, accepts = false): Promise<void> {
    const token = await deviceToken(this.#engine, user)
    await this.page.evaluate(([given, does]) => globalThis.benchPage.register(given, does), [
      token,
      accepts,
    ] as const)
  }

  /** When the call was begun, in milliseconds since 1970. */
  connect(to: string, by = 0): Promise<number> {
    return this.page.evaluate(([target, n]) => globalThis.benchPage.connect(target, n), [
      to,
      by,
    ] as const)
  }

  /** When the newest call was accepted. */
  accept(): Promise<number> {
    return this.page.evaluate(() => globalThis.benchPage.accept())
  }

  hangUp(): Promise<void> {
    return this.page.evaluate(() => globalThis.benchPage.hangUp())
  }

  /** Waits until so many calls are up. */
  async opened(calls: number): Promise<void> {
    const look = () => this.page.evaluate(() => globalThis.benchPage.open)
    await eventually(look, (open) => open >= calls, quicklyMs)
  }

  /** Waits until so many calls are over, since the tab was opened. */
  async ended(calls: number): Promise<void> {
    const look = () => this.page.evaluate(() => globalThis.benchPage.ended)
    await eventually(look, (ended) => ended >= calls, quicklyMs)
  }

  /** How far the page's clock is ahead of ours: the best of some questions. */
  async clockAheadMs(): Promise<number> {
    let [shortestMs, aheadMs] = [Number.POSITIVE_INFINITY, 0]
    for (let n = 0; n < 20; n++) {
      const beforeMs = performance.now()
      const thereMs = await this.page.evaluate(() => globalThis.benchPage.nowMs)
      const afterMs = performance.now()
      if (afterMs - beforeMs >= shortestMs) continue
      shortestMs = afterMs - beforeMs
      aheadMs = thereMs - performance.timeOrigin - (beforeMs + afterMs) / 2
    }
    return aheadMs
  }

  close(): Promise<void> {
    return this.#context.close()
  }
}

/** A device with its codecs, the preferred one first. */
export async function newDevice(
  engine: EngineProcess,
  username: string,
  codecs: readonly string[],
): Promise<void> {
  const made = await engine.send('POST', '/v1/voice/devices', { username, codecs })
  if (made.status !== 201)
    throw new Error(`a device was answered with ${made.status}: ${JSON.stringify(made.body)}`)
}
