import type { Page } from 'playwright-core'
import type { Participant } from '../../../engine/core/conference.ts'
import type { ConferenceId } from '../../../engine/core/ids.ts'
import type { MemberLevel } from '../../../engine/core/ports/media.ts'
import { type ApiLab, apiLab, key, ours } from '../../unit/api/api-lab.ts'
import type { Chromium } from './chromium.ts'

/** The page of a conference over a desk that nobody hears. */
export class RoomLab {
  readonly api: ApiLab
  readonly origin: string
  readonly id: ConferenceId
  members: readonly Participant[] = []

  private constructor(api: ApiLab, origin: string, id: ConferenceId) {
    this.api = api
    this.origin = origin
    this.id = id
  }

  /** A conference with so many members, half of them with names. */
  static async start(count: number): Promise<RoomLab> {
    const api = await apiLab({ limits: { requestsPerSecond: 1_000 } })
    const origin = await api.app.listen({ host: '127.0.0.1', port: 0 })
    const { id } = await api.conferences.create(ours, { friendlyName: 'Monday' })
    const lab = new RoomLab(api, origin, id)
    for (let i = 0; i < count; i++) await lab.join(i)
    return lab
  }

  async join(i: number): Promise<Participant> {
    const member = await this.api.conferences.bring(
      ours.id,
      this.id,
      `00000000-0000-4000-8000-${String(i).padStart(12, '0')}` as Participant['callId'],
      { label: i % 2 === 0 ? `Member ${i}` : null },
    )
    this.members = [...this.members, member]
    return member
  }

  /** With the key in place, unless another is given. */
  async open(browser: Chromium, path = `/conferences/${this.id}`, shown = key): Promise<Page> {
    const context = await browser.browser.newContext({ viewport: { width: 1280, height: 800 } })
    await context.addInitScript((text) => sessionStorage.setItem('ringdown.key', text), shown)
    const page = await context.newPage()
    await page.goto(this.origin + path)
    return page
  }

  hear(levels: readonly MemberLevel[]): void {
    this.api.conferences.tell(this.id, { is: 'levels', levels })
  }

  /** What the API was asked to do last. */
  get asked(): unknown {
    return this.api.conferences.asked.at(-1)
  }
}
