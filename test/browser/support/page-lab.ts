import {
  type EngineProcess,
  freePort,
  type Json,
  startEngine,
} from '../../support/engine-process.ts'
import { toneOf } from '../../support/tone-times.ts'
import { BrowserPhone, deviceToken } from './browser-phone.ts'
import { builtPage } from './built-page.ts'
import { Chromium } from './chromium.ts'
import { PagePhone } from './page-phone.ts'

/** Whose voice is which tone: one for all users of the first browser, another for those of the second. */
export const voiceHz = { first: 1100, second: 1500 } as const
export type Which = keyof typeof voiceHz

/** An engine that serves the built page, and two browsers with voices that differ. */
export class PageLab {
  engine: EngineProcess
  readonly #settings: Readonly<Record<string, string>>
  readonly #browsers: Readonly<Record<Which, Chromium>>
  #phones: (PagePhone | BrowserPhone)[] = []

  private constructor(
    engine: EngineProcess,
    settings: Readonly<Record<string, string>>,
    browsers: Readonly<Record<Which, Chromium>>,
  ) {
    this.engine = engine
    this.#settings = settings
    this.#browsers = browsers
  }

  static async start(): Promise<PageLab> {
    await builtPage()
    const settings = {
      RINGDOWN_HTTP_PORT: `${await freePort()}`,
      RINGDOWN_SIP_PORT: `${await freePort()}`,
    }
    const [engine, first, second] = await Promise.all([
      startEngine(settings),
      Chromium.start({ voice: toneOf(voiceHz.first, 60) }),
      Chromium.start({ voice: toneOf(voiceHz.second, 60) }),
    ])
    return new PageLab(engine, settings, { first, second })
  }

  /** The page with nobody signed in. */
  async open(which: Which): Promise<PagePhone> {
    const phone = await PagePhone.open(this.#browsers[which], this.engine)
    this.#phones.push(phone)
    return phone
  }

  /** The page, signed in and ready. */
  async page(user: string, which: Which): Promise<PagePhone> {
    const phone = await this.open(which)
    await phone.signIn(this.engine, user)
    return phone
  }

  /** The SDK without the page, registered. */
  async sdk(user: string, which: Which): Promise<BrowserPhone> {
    const phone = await BrowserPhone.tab(this.engine, user, this.#browsers[which])
    this.#phones.push(phone)
    await phone.register(await deviceToken(this.engine, user))
    return phone
  }

  /** 1001 in the first browser and 1002 in the second. */
  pair(): Promise<[PagePhone, PagePhone]> {
    return Promise.all([this.page('1001', 'first'), this.page('1002', 'second')])
  }

  /** Both talk; the first one called. */
  async talking(): Promise<[PagePhone, PagePhone]> {
    const [a, b] = await this.pair()
    await a.call('1002')
    await b.accepts()
    await a.talks()
    return [a, b]
  }

  /** Calls that are on, as the engine knows them. */
  async liveCalls(): Promise<Json[]> {
    const { body } = await this.engine.get('/v1/voice/calls')
    const isOver = ({ status }: Json) =>
      ['completed', 'failed', 'busy', 'no-answer', 'canceled'].includes(status)
    return body.calls.filter((call: Json) => !isOver(call))
  }

  /** Between two tests: every tab is closed, and no call is left that a page would want to take over. */
  async clear(): Promise<void> {
    await Promise.all(this.#phones.splice(0).map((phone) => closed(phone)))
    for (const { id } of await this.liveCalls()) {
      await this.engine.send('DELETE', `/v1/voice/calls/${id}`)
    }
  }

  /** After `engine.stop()`: the engine on the same ports and data. */
  async startAgain(): Promise<void> {
    this.engine = await startEngine(this.#settings, this.engine.dataDir)
  }

  async stop(): Promise<void> {
    await Promise.all(Object.values(this.#browsers).map((browser) => browser.stop()))
    await this.engine.stop()
    this.engine.removeData()
  }
}

const closed = (phone: PagePhone | BrowserPhone): Promise<void> =>
  phone instanceof PagePhone ? phone.context.close() : phone.stop()
