import { Failure } from '../../core/failures.ts'
import type { ConnectionState } from '../../core/ports/media.ts'
import type { WebRtcEnd } from '../agreement.ts'
import type { LentDoor } from '../messages.ts'
import type { LinkFigures, PlayoutFigures } from '../rtp/link-figures.ts'
import type {
  AddressedRtpPort,
  RtpPort,
  RtpPortStatistics,
  RtpTarget,
  WebRtcPort,
} from '../rtp/rtp-port.ts'
import { DoorFigures } from './door-figures.ts'
import type { Way } from './way.ts'

const ignore = (): void => {}

/** The port of another thread: its packets come and go by the way between the two. */
class Borrowed implements RtpPort {
  onPacket: (packet: Uint8Array, bytes: number) => void = ignore
  readonly owner: number
  readonly lease: number
  readonly memory: SharedArrayBuffer
  protected readonly way: Way
  readonly #figures: DoorFigures
  readonly #wake: (way: Way) => void
  readonly #closed = Promise.withResolvers<void>()
  #isClosing = false

  /** `wake`: a packet has been put on the way. */
  constructor(door: LentDoor, way: Way, wake: (way: Way) => void) {
    this.owner = door.owner
    this.lease = door.lease
    this.memory = door.figures
    this.#figures = new DoorFigures(door.figures)
    this.way = way
    this.#wake = wake
  }

  isBy(way: Way): boolean {
    return this.way === way
  }

  aim(target: RtpTarget): void {
    if (!this.#isClosing) this.way.tell({ is: 'aim', lease: this.lease, target })
  }

  send(packet: Uint8Array, bytes: number): void {
    if (this.#isClosing) return
    this.way.toSend(this.lease, packet, bytes)
    this.#wake(this.way)
  }

  get heard(): number {
    return this.#figures.heard
  }

  get heardRtcp(): number {
    return this.#figures.heardRtcp
  }

  statistics(): RtpPortStatistics {
    return this.#figures.read()
  }

  link(): LinkFigures {
    return this.#figures.link()
  }

  plays(figures: PlayoutFigures): void {
    if (!this.#isClosing) this.way.tell({ is: 'plays', lease: this.lease, figures })
  }

  close(): Promise<void> {
    this.onPacket = ignore
    if (!this.#isClosing) this.way.tell({ is: 'close', lease: this.lease })
    this.#isClosing = true
    return this.#closed.promise
  }

  /** Its owner has closed it, or is no more. */
  gone(): void {
    this.#isClosing = true
    this.onPacket = ignore
    this.#closed.resolve()
  }
}

export class BorrowedRtpPort extends Borrowed implements AddressedRtpPort {
  readonly kind = 'addressed'
  readonly localPort: number

  constructor(door: LentDoor & { kind: 'addressed' }, way: Way, wake: (way: Way) => void) {
    super(door, way, wake)
    this.localPort = door.localPort
  }
}

export class BorrowedWebRtcPort extends Borrowed implements WebRtcPort {
  readonly kind = 'webrtc'
  onConnection: (state: ConnectionState) => void = ignore
  end: WebRtcEnd
  #waiting: PromiseWithResolvers<WebRtcEnd>[] = []

  constructor(door: LentDoor & { kind: 'webrtc' }, way: Way, wake: (way: Way) => void) {
    super(door, way, wake)
    this.end = door.end
  }

  /** Its owner answers in order. */
  restartIce(): Promise<WebRtcEnd> {
    const asked = Promise.withResolvers<WebRtcEnd>()
    this.#waiting.push(asked)
    this.way.tell({ is: 'restartIce', lease: this.lease })
    return asked.promise
  }

  restarted(end: WebRtcEnd): void {
    this.end = end
    this.#waiting.shift()?.resolve(end)
  }

  notRestarted(failure: Failure): void {
    this.#waiting.shift()?.reject(failure)
  }

  override gone(): void {
    super.gone()
    this.onConnection = ignore
    const failure = new Failure('no_media_port', 'The leg is closed')
    for (const asked of this.#waiting.splice(0)) asked.reject(failure)
  }
}
