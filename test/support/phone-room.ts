/** Real phones of several makes at one engine, each with a tone for a voice: who hears whom is told by the tones. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BaresipPhone, type PhoneAudio, startBaresip } from './baresip-phone.ts'
import { type EngineProcess, eventually, freePort, type Json } from './engine-process.ts'
import { type LinphonePhone, startLinphone } from './linphone-phone.ts'
import { whenRegistered } from './registered.ts'
import { toneOf } from './tone-times.ts'

/** In Hz, by user name; 1001 and 1002 are the engine's first devices. */
export const toneHz = { '1001': 1_100, '1002': 1_500, '1003': 1_900 } as const
export type User = keyof typeof toneHz
export type Transport = 'udp' | 'tcp' | 'tls'

export class PhoneRoom {
  readonly #engine: EngineProcess
  readonly #passwords: ReadonlyMap<string, string>
  readonly #phones: { stop(): Promise<void> }[] = []

  private constructor(engine: EngineProcess, passwords: ReadonlyMap<string, string>) {
    this.#engine = engine
    this.#passwords = passwords
  }

  /** Makes device 1003 besides the first two. */
  static async at(engine: EngineProcess): Promise<PhoneRoom> {
    const logins = JSON.parse(readFileSync(join(engine.dataDir, 'first-logins.json'), 'utf8'))
    const passwords = new Map<string, string>(
      logins.devices.map(({ username, password }: Json) => [username, password]),
    )
    const made = await engine.send('POST', '/v1/voice/devices', { username: '1003', name: 'third' })
    if (made.status !== 201) throw new Error(`device 1003 was answered with ${made.status}`)
    return new PhoneRoom(engine, passwords.set('1003', made.body.password))
  }

  async linphone(
    user: User,
    transport: Transport = 'udp',
    keysBy?: 'info',
    audio?: PhoneAudio,
  ): Promise<LinphonePhone> {
    const options = {
      ...{ ...(await this.#shared(user, transport)), realm: 'ringdown' },
      ...(keysBy ? { keysBy } : {}),
      ...(audio ? { audio } : {}),
    }
    return this.#registered(user, () => startLinphone(options))
  }

  async baresip(
    user: User,
    transport: Transport = 'udp',
    audio?: PhoneAudio,
  ): Promise<BaresipPhone> {
    const shared = await this.#shared(user, transport)
    return this.#registered(user, () => startBaresip({ ...shared, ...(audio ? { audio } : {}) }))
  }

  /** As a phone of that transport dials somebody. */
  uri(name: string, transport: Transport = 'udp'): string {
    return `sip:${name}@${this.#serverOf(transport)};transport=${transport}`
  }

  async liveCalls(): Promise<Json[]> {
    return (await this.#engine.get('/v1/voice/calls?status=in-progress')).body.calls
  }

  /** Waits until so many calls are up; those. */
  up(count: number): Promise<Json[]> {
    return eventually(
      () => this.liveCalls(),
      (calls) => calls.length === count,
    )
  }

  /** The type of every event of a call and those that it dialed, and who did it, as in `call.held api`. */
  async eventsOf(id: string): Promise<string[]> {
    const { events } = (await this.#engine.get(`/v1/voice/calls/${id}/events`)).body
    return events.map(({ type, data }: Json) => `${type} ${data.by ?? ''}`.trim())
  }

  told(id: string, type: string): Promise<string[]> {
    return eventually(
      () => this.eventsOf(id),
      (types) => types.includes(type),
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#phones.splice(0).map((phone) => phone.stop()))
  }

  #serverOf(transport: Transport): string {
    const { tlsPort, sipPort } = this.#engine
    return `127.0.0.1:${transport === 'tls' ? tlsPort : sipPort}`
  }

  async #shared(user: User, transport: Transport) {
    const password = this.#passwords.get(user)
    if (password === undefined) throw new Error(`there is no device ${user}`)
    const says = toneOf(toneHz[user], 60)
    const registrar = this.#serverOf(transport)
    return { user, password, registrar, transport, port: await freePort(), says }
  }

  #registered<Phone extends { stop(): Promise<void>; output(): string }>(
    user: User,
    start: () => Promise<Phone>,
  ): Promise<Phone> {
    return whenRegistered(this.#engine, user, async () => {
      const phone = await start()
      this.#phones.push(phone)
      return phone
    })
  }
}
