import type { App, AppChoice } from '../context.ts'

/** Connections that registered each verb, asked in turn. */
export class AppRegistry implements AppChoice {
  readonly #routes = new Map<string, App[]>()
  readonly #turn = new Map<string, number>()
  dial: AppChoice['dial']

  /** Registering a verb again changes nothing. */
  add(verb: string, app: App): void {
    const apps = this.#routes.get(verb) ?? []
    if (!apps.includes(app)) apps.push(app)
    this.#routes.set(verb, apps)
  }

  remove(verb: string, app: App): void {
    const left = (this.#routes.get(verb) ?? []).filter((each) => each !== app)
    if (left.length > 0) this.#routes.set(verb, left)
    else {
      this.#routes.delete(verb)
      this.#turn.delete(verb)
    }
  }

  removeAll(app: App): void {
    for (const verb of [...this.#routes.keys()]) this.remove(verb, app)
  }

  pick(verb: string): App | undefined {
    const apps = this.#routes.get(verb)
    if (apps === undefined) return undefined
    const turn = this.#turn.get(verb) ?? 0
    this.#turn.set(verb, (turn + 1) % apps.length)
    return apps[turn % apps.length]
  }
}
