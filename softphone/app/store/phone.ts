import { type ReadonlySignal, signal } from '@preact/signals'
import type { DeviceLike, DeviceOptions, ErrorCode } from '../../device/types.ts'
import type { Session } from '../api/shapes.ts'
import { codeOf } from '../words/problem.ts'

/** How the phone stands towards its server. */
export type Connection =
  | { readonly at: 'off' }
  /** The SDK is being fetched, or the first registration is under way. */
  | { readonly at: 'starting' }
  | { readonly at: 'ready' }
  /** Tries again by itself; `nextTryAtMs`: when, where that is known. */
  | { readonly at: 'lost'; readonly nextTryAtMs: number | undefined }

export interface Phone {
  readonly connection: ReadonlySignal<Connection>
  readonly device: ReadonlySignal<DeviceLike | undefined>
  start(session: Session): Promise<void>
  /** Unregisters. Its calls are not shown any more, and end only when another tab had time to take them. */
  retire(): Promise<void>
  stop(): Promise<void>
}

export interface PhoneNeeds {
  /** Fetches the SDK, which is most of the page's weight, and makes a device. */
  loadDevice(options: DeviceOptions): Promise<DeviceLike>
  refreshToken(): Promise<string>
  audio(): MediaTrackConstraints
  onDevice(device: DeviceLike | undefined): void
  onProblem(error: unknown): void
  /** The login is good for nothing any more. */
  onLockedOut(error: unknown): void
  nowMs(): number
  after(ms: number, then: () => void): void
}

const firstRetryMs = 4000
/** For another tab to take the calls over. */
const handOverMs = 15_000

const isAway = (code: ErrorCode | undefined): boolean =>
  code === 'server-unreachable' || code === 'connection-lost'

export function createPhone(needs: PhoneNeeds): Phone {
  const connection = signal<Connection>({ at: 'off' })
  const device = signal<DeviceLike | undefined>(undefined)
  /** Counts what begins and ends, so that a start that was overtaken notices it. */
  let starts = 0

  const wait = (nextTryAtMs: number): void => {
    connection.value = { at: 'lost', nextTryAtMs }
  }
  const isOurs = (made: DeviceLike): boolean => device.peek() === made
  /** A first registration that did not come about: the SDK may leave the next try to us. */
  const register = async (made: DeviceLike): Promise<void> => {
    try {
      await made.register()
    } catch (error) {
      if (!isOurs(made)) return
      const code = codeOf(error)
      if (!isAway(code)) return report(needs, error)
      if (made.state !== 'unregistered') return
      wait(needs.nowMs() + firstRetryMs)
      needs.after(firstRetryMs, () => {
        if (isOurs(made) && made.state === 'unregistered') void register(made)
      })
    }
  }
  const become = (at: 'off' | 'starting' | 'ready'): void => {
    connection.value = { at }
  }
  const listen = (made: DeviceLike): void => {
    made.on('registering', () => {
      // Between two tries of a server that is away the words stay as they are.
      if (isOurs(made) && connection.peek().at !== 'lost') become('starting')
    })
    made.on('registered', () => isOurs(made) && become('ready'))
    made.on('reconnecting', (inMs) => {
      if (isOurs(made)) wait(needs.nowMs() + inMs)
    })
    made.on('error', (error) => isOurs(made) && report(needs, error))
  }
  const drop = (): DeviceLike | undefined => {
    const old = device.peek()
    starts += 1
    device.value = undefined
    become('off')
    return old
  }

  return {
    connection,
    device,
    async start({ token }) {
      await this.stop()
      become('starting')
      const options = { token, refreshToken: needs.refreshToken, audio: needs.audio() }
      const mine = ++starts
      const made = await loaded(needs, options, () => mine === starts, wait)
      if (made === undefined) return
      device.value = made
      listen(made)
      needs.onDevice(made)
      await register(made)
    },
    async retire() {
      const old = drop()
      needs.onDevice(undefined)
      await old?.unregister().catch(() => undefined)
      needs.after(handOverMs, () => old?.destroy().catch(() => undefined))
    },
    async stop() {
      const old = drop()
      if (old === undefined) return
      needs.onDevice(undefined)
      await old.destroy().catch(() => undefined)
    },
  }
}

/** What goes wrong by itself, told to whoever has to know. */
function report(needs: PhoneNeeds, error: unknown): void {
  const code = codeOf(error)
  if (code === 'wrong-credentials' || code === 'token-expired') needs.onLockedOut(error)
  // What the page says all the time needs no message besides.
  else if (!isAway(code)) needs.onProblem(error)
}

/** The SDK comes from the server too: tries until it is there. Undefined when nobody wants it any more. */
async function loaded(
  needs: PhoneNeeds,
  options: DeviceOptions,
  isWanted: () => boolean,
  willTry: (atMs: number) => void,
): Promise<DeviceLike | undefined> {
  while (isWanted()) {
    const made = await needs.loadDevice(options).catch(unlessOfSdk)
    if (made !== undefined) return isWanted() ? made : undefined
    willTry(needs.nowMs() + firstRetryMs)
    await new Promise<void>((resolve) => needs.after(firstRetryMs, resolve))
  }
  return undefined
}

/** The SDK is there when it fails with an error of its own. */
function unlessOfSdk(error: unknown): undefined {
  if (codeOf(error) !== undefined) throw error
}
