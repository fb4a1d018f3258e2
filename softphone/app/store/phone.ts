import { type ReadonlySignal, signal } from '@preact/signals'
import type { DeviceLike, DeviceOptions, DeviceState } from '../../device/types.ts'
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

export function createPhone(needs: PhoneNeeds): Phone {
  const connection = signal<Connection>({ at: 'off' })
  const device = signal<DeviceLike | undefined>(undefined)

  const isOurs = (made: DeviceLike): boolean => device.peek() === made
  const failed = (error: unknown): void => {
    const code = codeOf(error)
    if (code === 'wrong-credentials' || code === 'token-expired') needs.onLockedOut(error)
    else needs.onProblem(error)
  }
  /** A first registration that did not come about: the SDK may leave the next try to us. */
  const register = async (made: DeviceLike): Promise<void> => {
    try {
      await made.register()
    } catch (error) {
      if (!isOurs(made)) return
      const code = codeOf(error)
      if (code !== 'server-unreachable' && code !== 'connection-lost') return failed(error)
      if (made.state !== 'unregistered') return
      connection.value = { at: 'lost', nextTryAtMs: needs.nowMs() + firstRetryMs }
      needs.after(firstRetryMs, () => {
        if (isOurs(made) && made.state === 'unregistered') void register(made)
      })
    }
  }
  const listen = (made: DeviceLike): void => {
    made.on('registering', () => isOurs(made) && become(made.state))
    made.on('registered', () => isOurs(made) && become('registered'))
    made.on('reconnecting', (inMs) => {
      if (isOurs(made)) connection.value = { at: 'lost', nextTryAtMs: needs.nowMs() + inMs }
    })
    made.on('error', (error) => isOurs(made) && failed(error))
  }
  const become = (state: DeviceState): void => {
    if (state === 'registered') connection.value = { at: 'ready' }
    // Between two tries of an unreachable server the words stay as they are.
    else if (connection.peek().at !== 'lost') connection.value = { at: 'starting' }
  }
  const drop = (): DeviceLike | undefined => {
    const old = device.peek()
    device.value = undefined
    connection.value = { at: 'off' }
    return old
  }

  return {
    connection,
    device,
    async start({ token }) {
      await this.stop()
      connection.value = { at: 'starting' }
      const refreshToken = (): Promise<string> => needs.refreshToken()
      const made = await needs.loadDevice({ token, refreshToken, audio: needs.audio() })
      device.value = made
      listen(made)
      needs.onDevice(made)
      await register(made)
    },
    async retire() {
      const old = drop()
      needs.onDevice(undefined)
      await old?.unregister().catch(() => undefined)
      needs.after(15_000, () => {
        old?.destroy().catch(() => undefined)
      })
    },
    async stop() {
      const old = drop()
      if (old === undefined) return
      needs.onDevice(undefined)
      await old.destroy().catch(() => undefined)
    },
  }
}
