import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import type { GeneratorCommand, GeneratorOptions, GeneratorReport, Talked } from './generator.ts'

/** The process of the phones, as the bench sees it. */
export class GeneratorProcess {
  readonly port: number
  readonly #child: ChildProcess
  #up = 0

  private constructor(child: ChildProcess, port: number) {
    this.#child = child
    this.port = port
    child.on('message', (report: GeneratorReport) => {
      if (report.is === 'up') this.#up = report.legs
    })
  }

  static async start(options: GeneratorOptions): Promise<GeneratorProcess> {
    const child = fork(new URL('./generator.ts', import.meta.url), {
      execArgv: ['--disable-warning=ExperimentalWarning'],
    })
    const opened = reported(child, 'opened')
    send(child, { is: 'open', ...options })
    return new GeneratorProcess(child, (await opened).port)
  }

  /** Resolves when so many legs are up. */
  async up(legs: number, withinMs: number): Promise<void> {
    const deadlineMs = performance.now() + withinMs
    while (this.#up < legs) {
      if (performance.now() > deadlineMs) throw new Error(`${this.#up} of ${legs} legs came up`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }

  /** Every leg sends; `measuring` is called when the warm-up is over. */
  async talk(warmUpMs: number, measureMs: number, measuring = (): void => {}): Promise<Talked> {
    const talked = reported(this.#child, 'talked')
    void reported(this.#child, 'measuring').then(measuring)
    send(this.#child, { is: 'talk', warmUpMs, measureMs })
    return talked
  }

  async hangUp(): Promise<void> {
    const hungUp = reported(this.#child, 'hungUp')
    send(this.#child, { is: 'hangUp' })
    await hungUp
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exited = once(this.#child, 'exit')
    this.#child.disconnect()
    await exited
  }
}

const send = (child: ChildProcess, command: GeneratorCommand): void => {
  child.send(command)
}

function reported<Kind extends GeneratorReport['is']>(
  child: ChildProcess,
  is: Kind,
): Promise<GeneratorReport & { is: Kind }> {
  return new Promise((resolve, reject) => {
    const listen = (report: GeneratorReport) => {
      if (report.is !== is) return
      child.off('message', listen)
      resolve(report as GeneratorReport & { is: Kind })
    }
    child.on('message', listen)
    child.once('exit', () => reject(new Error(`the generator ended before it had ${is}`)))
  })
}
