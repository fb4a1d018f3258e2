import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { BrowserContext, Page } from 'playwright-core'
import { type EngineProcess, eventually, type Json } from '../../support/engine-process.ts'
import type {} from '../in-page/sdk-page.ts'
import { bundleOf } from './bundle.ts'
import { Chromium, type ChromiumOptions } from './chromium.ts'
import { Ears } from './ears.ts'

/** A device token of the engine, as an application's server would get it. */
export async function deviceToken(
  engine: EngineProcess,
  user: string,
  ttl = 3600,
): Promise<string> {
  const made = await engine.send('POST', `/v1/voice/devices/${user}/tokens`, { ttl })
  if (made.status !== 201)
    throw new Error(`a token was answered with ${made.status}: ${made.body?.message}`)
  return made.body.token
}

/** The password with which the first start made a device. */
export function firstPassword(engine: EngineProcess, user: string): string {
  const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
  return logins.devices.find((device: Json) => device.username === user).password
}

/** What an Ear in a page gave. */
export function samplesOf(base64: string): Int16Array {
  const bytes = Buffer.from(base64, 'base64')
  return Int16Array.from({ length: bytes.length >> 1 }, (_, at) => bytes.readInt16LE(2 * at))
}

/** A tab in which the Device SDK runs, without the page of the product around it. */
export class BrowserPhone extends Ears {
  readonly user: string
  readonly page: Page
  readonly #context: BrowserContext
  readonly #chromium: Chromium | undefined

  private constructor(user: string, page: Page, context: BrowserContext, own?: Chromium) {
    super()
    this.user = user
    this.page = page
    this.#context = context
    this.#chromium = own
  }

  /** A browser of its own, registered. */
  static async start(
    engine: EngineProcess,
    user: string,
    options: ChromiumOptions = {},
  ): Promise<BrowserPhone> {
    const chromium = await Chromium.start(options)
    try {
      const phone = await BrowserPhone.tab(engine, user, chromium, chromium)
      await phone.register(await deviceToken(engine, user))
      return phone
    } catch (error) {
      await chromium.stop()
      throw error
    }
  }

  /** A tab, not registered yet; the browser ends with the phone when it is its `own`. */
  static async tab(
    engine: EngineProcess,
    user: string,
    { browser }: Chromium,
    own?: Chromium,
  ): Promise<BrowserPhone> {
    const context = await browser.newContext({ bypassCSP: true })
    const page = await context.newPage()
    // A page of the engine's origin.
    await page.goto(`${engine.httpUrl}/healthz`)
    await page.addScriptTag({ content: await bundleOf('sdk-page.ts') })
    return new BrowserPhone(user, page, context, own)
  }

  register(token: string, options: { registerExpiresS?: number } = {}): Promise<void> {
    return this.page.evaluate(([given, more]) => globalThis.testPhone.start(given, more), [
      token,
      options,
    ] as const)
  }

  /** `made`, or the code of the error. */
  connect(to: string, params?: Readonly<Record<string, string>>): Promise<string> {
    return this.page.evaluate(([target, more]) => globalThis.testPhone.connect(target, more), [
      to,
      params,
    ] as const)
  }

  /** Does something with the newest call, or with one before it. */
  async do(
    what: 'accept' | 'hangup' | 'reject' | 'hold' | 'unhold' | 'mute' | 'unmute',
    back = 0,
  ): Promise<void> {
    await this.page.evaluate(
      async ([verb, which]) => {
        const call = globalThis.testPhone.call(which)
        if (verb === 'hold' || verb === 'unhold') await call.hold(verb === 'hold')
        else if (verb === 'mute' || verb === 'unmute') call.mute(verb === 'mute')
        else await call[verb]()
      },
      [what, back] as const,
    )
  }

  sendDigits(digits: string): Promise<void> {
    return this.page.evaluate((keys) => globalThis.testPhone.call().sendDigits(keys), digits)
  }

  /** Blind to a number or name. */
  transfer(to: string): Promise<void> {
    return this.page.evaluate((target) => globalThis.testPhone.call().transfer(target), to)
  }

  /** Connects the other sides of the two newest calls. */
  transferAttended(): Promise<void> {
    return this.page.evaluate(() => {
      const { testPhone } = globalThis
      return testPhone.call(1).transfer(testPhone.call(0))
    })
  }

  /** Waits until it has seen something, `times` in all; what it was told of the last. */
  async sees(what: string, times = 1, withinMs = 30_000): Promise<Json> {
    const seen = await eventually(
      () => this.page.evaluate(() => globalThis.testPhone.seen),
      (all) => all.filter((one) => one.what === what).length >= times,
      withinMs,
    )
    return seen.findLast((one) => one.what === what)?.detail
  }

  /** What the newest call sounds like for so long, 8 kHz. */
  async hears(forMs: number, back = 0): Promise<Int16Array> {
    await this.page.evaluate((which) => globalThis.testPhone.listen(which), back)
    await this.page.waitForFunction((ms) => globalThis.testPhone.ear.ms >= ms, forMs)
    return samplesOf(await this.page.evaluate(() => globalThis.testPhone.ear.take()))
  }

  async stop(): Promise<void> {
    await this.#context.close()
    await this.#chromium?.stop()
  }
}
