import { type ControlProxy, startControlProxy } from './control-proxy.ts'
import type { PortPlan } from './ports.ts'
import { planNames } from './ports.ts'
import { RawControl } from './raw-control.ts'
import { Recorder } from './recorder.ts'
import { type ServerNeeds, type ServerUnderTest, startServer } from './server-under-test.ts'
import type { RequestParts } from './sip-text.ts'
import { runSipp, type SippRun } from './sipp.ts'
import { sleep } from './sockets.ts'
import { type ConnectParts, Srf } from './srf.ts'
import { UdpPeer } from './udp-peer.ts'

export interface AppOptions {
  readonly tags?: readonly string[]
  readonly label?: string
  readonly connect?: Partial<ConnectParts>
}

export interface CallerOptions {
  readonly peer: number
  readonly transport?: 'udp' | 'tcp'
  readonly extra?: readonly string[]
  readonly timeoutSeconds?: number
}

/** One scenario in progress: its server, its parties, its recording, what the application noticed. */
export class Run {
  readonly name: string
  readonly ports: PortPlan
  readonly server: ServerUnderTest
  readonly recorder: Recorder
  readonly outcome: string[] = []
  readonly #proxy: ControlProxy
  readonly #labels: string[]
  readonly #closers: (() => unknown)[] = []

  private constructor(name: string, ports: PortPlan, server: ServerUnderTest, parts: RunParts) {
    this.name = name
    this.ports = ports
    this.server = server
    this.recorder = parts.recorder
    this.#proxy = parts.proxy
    this.#labels = parts.labels
  }

  static async begin(name: string, ports: PortPlan, needs: ServerNeeds): Promise<Run> {
    const server = await startServer(ports, needs)
    const recorder = new Recorder(planNames(ports, server.sipPort))
    const labels: string[] = []
    const proxy = await startControlProxy({
      targetHost: server.controlHost,
      targetPort: server.controlPort,
      label: (count) => labels[count - 1] ?? `APP${count}`,
      events: {
        frame: (connection, toServer, payload) => recorder.frame(connection, toServer, payload),
        serverClosed: (connection) => recorder.closed(connection),
      },
    })
    return new Run(name, ports, server, { recorder, proxy, labels })
  }

  /** The URI by which peers reach the server. */
  get uri(): string {
    return `sip:bob@127.0.0.1:${this.server.sipPort}`
  }

  get controlPort(): number {
    return this.#proxy.port
  }

  /** The URI of a peer. */
  peerUri(peer: number, user = 'bob'): string {
    return `sip:${user}@127.0.0.1:${this.ports.peer(peer)}`
  }

  /** Headers that a caller at `peer` uses in all requests of one call. */
  caller(callId: string, peer = 0, user = 'alice'): RequestParts {
    const port = this.ports.peer(peer)
    return {
      port,
      from: `<sip:${user}@127.0.0.1:${port}>;tag=${user}tag`,
      to: `<${this.uri}>`,
      callId,
      contact: `<sip:${user}@127.0.0.1:${port}>`,
    }
  }

  note(text: string): void {
    this.outcome.push(text)
  }

  /** Waits for that long on the server's clock. */
  pause(ms: number): Promise<void> {
    return sleep(ms / this.server.speed)
  }

  /** Connects an application through the recording proxy; resolves when its routes are set. */
  async app(setup: (srf: Srf) => void = () => {}, options: AppOptions = {}): Promise<Srf> {
    const srf = options.tags ? new Srf(options.tags) : new Srf()
    if (options.label) this.#labels.push(options.label)
    setup(srf)
    srf.on('error', () => {})
    await new Promise<void>((resolve, reject) => {
      srf.on('connect', (error) => (error ? reject(error) : resolve()))
      srf.connect({
        host: '127.0.0.1',
        port: this.#proxy.port,
        secret: this.server.secret,
        ...options.connect,
      })
    })
    this.cleanup(() => srf.disconnect())
    await sleep(20)
    await this.answered()
    return srf
  }

  /** As `app`; what came before is not part of the recording. */
  async appThenMark(setup?: (srf: Srf) => void, options?: AppOptions): Promise<Srf> {
    const srf = await this.app(setup, options)
    this.mark()
    return srf
  }

  mark(): void {
    this.recorder.mark()
  }

  async raw(): Promise<RawControl> {
    const control = await RawControl.open(this.#proxy.port)
    this.cleanup(() => control.close())
    return control
  }

  async udp(peer: number): Promise<UdpPeer> {
    const opened = await UdpPeer.open(this.ports.peer(peer), {
      serverPort: this.server.sipPort,
      speed: this.server.speed,
      recorder: this.recorder,
    })
    this.cleanup(() => opened.close())
    return opened
  }

  /** Starts a sipp scenario; a callee (`uas...`) is waited for until it listens. */
  async sipp(name: string, options: CallerOptions): Promise<SippRun> {
    const { peer, ...rest } = options
    const run = await runSipp(
      name,
      {
        port: this.ports.peer(peer),
        serverPort: this.server.sipPort,
        callIdSuffix: this.name,
        ...rest,
      },
      this.recorder,
    )
    this.cleanup(() => run.stop())
    if (name.startsWith('uas')) await run.listening()
    return run
  }

  cleanup(closer: () => unknown): void {
    this.#closers.push(closer)
  }

  /** Waits until every command of an application has its answer. */
  async answered(timeoutMs = 2000): Promise<void> {
    for (let waited = 0; waited < timeoutMs && this.recorder.unanswered() > 0; waited += 10)
      await sleep(10)
  }

  async end(): Promise<void> {
    await sleep(150)
    await this.answered(500)
    this.recorder.stop()
    for (const closer of this.#closers.reverse()) {
      try {
        await closer()
      } catch {
        // The library asserts when it is not connected any more.
      }
    }
    this.#proxy.close()
    await this.server.stop()
  }
}

interface RunParts {
  readonly recorder: Recorder
  readonly proxy: ControlProxy
  readonly labels: string[]
}
