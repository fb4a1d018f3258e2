import { Invitation, type Inviter, type Session, SessionState, type URI } from 'sip.js'
import { AudioPath } from './audio-path.ts'
import { Emitter } from './emitter.ts'
import { DeviceError } from './errors.ts'
import { GAP_MS, KEY_MS, type KeyStroke, keyStrokes } from './keys.ts'
import type { Microphone } from './microphone.ts'
import { Outcome, reasonText } from './outcome.ts'
import { QualityMeter } from './quality.ts'
import { type Answered, reinvite } from './reinvite.ts'
import { refer } from './transfer.ts'
import type { CallEvents, CallLike, CallState, Quality } from './types.ts'

export interface CallSurroundings {
  readonly microphone: Microphone
  /** What people type, as an address. */
  readonly addressOf: (to: string) => URI
  /** The server is connected just now. */
  readonly isConnected: () => boolean
}

const MEASURE_MS = 1000
/** Tries to get the audio back, and the pause between them. */
const RECOVER_EVERY_MS = 2000
const MOST_RECOVERIES = 30

const inUse = 'Only a call that is up can do this.'
const unconnected = 'The connection to the server was lost before the call began.'
/** For so long a side that takes no keys yet is asked again. */
const KEYS_WITHIN_MS = 2000
const KEYS_LOOK_MS = 50
/** Whoever is told of an end and does not confirm it is not waited for longer. */
const END_WITHIN_MS = 2000

/** One call of a Device; made by it alone. */
export class Call implements CallLike {
  readonly direction: 'incoming' | 'outgoing'
  readonly startedAt = new Date()
  readonly params: Readonly<Record<string, string>>
  readonly #session: Inviter | Invitation
  readonly #around: CallSurroundings
  readonly #events = new Emitter<CallEvents>()
  readonly #outcome = new Outcome()
  readonly #meter = new QualityMeter()
  #audio: AudioPath | undefined
  #state: CallState = 'pending'
  #answeredAt: Date | undefined
  #muted = false
  #held = false
  #heldByRemote = false
  #quality: Quality | undefined
  readonly #over = Promise.withResolvers<void>()
  #ending: ReturnType<typeof setTimeout> | undefined
  #measuring: ReturnType<typeof setInterval> | undefined
  /** Re-INVITEs go out one after the other. */
  #changes: Promise<unknown> = Promise.resolve()
  /** Keys too. */
  #pressed: Promise<unknown> = Promise.resolve()
  #accepting: Promise<void> | undefined
  #recovering = false
  #watched: RTCPeerConnection | undefined

  constructor(session: Inviter | Invitation, around: CallSurroundings) {
    this.#session = session
    this.#around = around
    this.direction = session instanceof Invitation ? 'incoming' : 'outgoing'
    this.params = session instanceof Invitation ? paramsOf(session) : {}
    session.stateChange.addListener((state) => this.#sessionChanged(state))
    session.delegate = {
      onBye: (bye) => {
        this.#outcome.remote(reasonText(bye.request.getHeader('reason')))
        void bye.accept()
      },
      onCancel: (cancel) => {
        this.#outcome.canceled(cancel.request.getHeader('reason'))
      },
      onInfo: (info) => {
        const digit = /^Signal\s*=\s*([0-9*#A-D])/im.exec(info.request.body)?.[1]
        void info.accept()
        if (digit) this.#events.emit('digit', digit)
      },
      onInvite: () => this.#lookAtRemoteHold(),
      onSessionDescriptionHandler: () => queueMicrotask(() => this.#watchAudio()),
    }
  }

  get id(): string {
    return this.#session.id
  }

  get remote(): CallLike['remote'] {
    const { uri, displayName } = this.#session.remoteIdentity
    return { user: uri.user ?? uri.host, displayName: displayName || undefined }
  }

  get state(): CallState {
    return this.#state
  }

  get muted(): boolean {
    return this.#muted
  }

  get held(): boolean {
    return this.#held
  }

  get heldByRemote(): boolean {
    return this.#heldByRemote
  }

  get answeredAt(): Date | undefined {
    return this.#answeredAt
  }

  get remoteStream(): MediaStream | undefined {
    return this.#audio?.hasAudio ? this.#audio.heard : undefined
  }

  get quality(): Quality | undefined {
    return this.#quality
  }

  /** For the Device: the audio, once there is some. */
  get audio(): AudioPath | undefined {
    return this.#audio
  }

  /** For the Device: a call may be transferred to this one's other party. */
  get session(): Session {
    return this.#session
  }

  on<Name extends keyof CallEvents>(
    name: Name,
    listener: (...args: CallEvents[Name]) => void,
  ): () => void {
    return this.#events.on(name, listener)
  }

  /** For the Device: sends the INVITE. Rejects when there is no microphone; then no call was made. */
  async begin(): Promise<void> {
    const session = this.#session
    if (session instanceof Invitation)
      throw new DeviceError('invalid-state', 'An incoming call is accepted.')
    try {
      const audio = await this.#openAudio()
      if (!this.#around.isConnected()) throw new DeviceError('connection-lost', unconnected)
      session.sessionDescriptionHandlerOptions = audio.first
      await session.invite({
        requestDelegate: {
          onProgress: ({ message }) => {
            if (message.statusCode !== 180 && message.statusCode !== 183) return
            this.#become('ringing')
            this.#events.emit('ringing')
          },
          onReject: ({ message }) => this.#outcome.status(message.statusCode ?? 500),
        },
      })
    } catch (cause) {
      // sip.js keeps sessions that never began until they are disposed of.
      await session.dispose().catch(() => undefined)
      if (cause instanceof DeviceError) throw cause
      throw new DeviceError('call-failed', 'The call could not be made.', { cause })
    }
  }

  /** For the Device: tells the caller that it rings here. */
  async ring(): Promise<void> {
    if (this.#session instanceof Invitation) await this.#session.progress()
  }

  accept(): Promise<void> {
    // Twice is once: the microphone may have to be allowed first, which takes a while.
    this.#accepting ??= this.#accept().finally(() => {
      this.#accepting = undefined
    })
    return this.#accepting
  }

  async #accept(): Promise<void> {
    const session = this.#session
    if (!(session instanceof Invitation) || session.state !== SessionState.Initial) {
      throw new DeviceError('invalid-state', 'This call is not waiting to be accepted.')
    }
    const audio = await this.#openAudio()
    this.#become('connecting')
    try {
      await session.accept({ sessionDescriptionHandlerOptions: audio.first })
    } catch (cause) {
      throw new DeviceError('call-failed', 'The call could not be accepted.', { cause })
    }
  }

  async reject(how: 'decline' | 'busy' = 'decline'): Promise<void> {
    if (!(this.#session instanceof Invitation)) return this.hangup()
    this.#outcome.local('You declined the call.')
    await this.#session.reject({ statusCode: how === 'busy' ? 486 : 603 }).catch(() => undefined)
  }

  async hangup(): Promise<void> {
    this.#outcome.local()
    await this.#end()
  }

  /** Ends the session; resolves when the call is over, which it is soon even where nobody confirms that. */
  async #end(): Promise<void> {
    const session = this.#session
    if (this.#state === 'closed') return
    this.#ending ??= setTimeout(() => this.#ended(), END_WITHIN_MS)
    if (session.state === SessionState.Established) session.bye().catch(() => undefined)
    else if (
      session.state === SessionState.Initial ||
      session.state === SessionState.Establishing
    ) {
      const given = session instanceof Invitation ? session.reject() : session.cancel()
      given.catch(() => undefined)
    }
    await this.#over.promise
  }

  mute(muted: boolean): void {
    this.#muted = muted
    if (this.#audio) this.#audio.voice.enabled = !muted
    this.#events.emit('mute', muted)
    this.#events.emit('change')
  }

  async hold(held: boolean): Promise<void> {
    this.#mustBeUp()
    await this.#inTurn(async () => {
      if (this.#held === held) return
      const answer = await this.#negotiate(held, false)
      if (answer === 'gone') throw new DeviceError('call-failed', 'The call is over.')
      if (answer === 'refused')
        throw new DeviceError('call-failed', 'The other side does not agree to that.')
      this.#held = held
      this.#events.emit('hold', held)
      this.#events.emit('change')
    })
  }

  async sendDigits(digits: string): Promise<void> {
    const strokes = keyStrokes(digits)
    this.#mustBeUp()
    // Keys that the browser is given while it still presses others take the place of those.
    const pressed = this.#pressed.then(() => this.#press(strokes))
    this.#pressed = pressed.catch(() => undefined)
    await pressed
  }

  async #press(strokes: readonly KeyStroke[]): Promise<void> {
    for (const { keys, thenMs } of strokes) {
      if (this.#state === 'closed') return
      if (keys !== '' && !(await this.#sendKeys(keys))) {
        throw new DeviceError('call-failed', 'The other side takes no digits.')
      }
      await new Promise((resolve) => setTimeout(resolve, thenMs))
    }
  }

  /** Right after the answer the way for keys is still being opened. */
  async #sendKeys(keys: string): Promise<boolean> {
    for (let waitedMs = 0; waitedMs < KEYS_WITHIN_MS; waitedMs += KEYS_LOOK_MS) {
      if (this.#state === 'closed' || this.#audio?.sendKeys(keys, KEY_MS, GAP_MS)) return true
      await new Promise((resolve) => setTimeout(resolve, KEYS_LOOK_MS))
    }
    return false
  }

  async transfer(to: string | CallLike): Promise<void> {
    this.#mustBeUp()
    const target = typeof to === 'string' ? this.#around.addressOf(to) : sessionOf(to)
    await refer(this.#session, target, (sipStatus) => {
      if (sipStatus >= 200 && sipStatus < 300) this.#outcome.local('You transferred the call.')
      this.#events.emit('transfer', sipStatus)
    })
  }

  /** For the Device: the connection to the server is another one. */
  async moved(): Promise<void> {
    const { state } = this.#session
    // Whatever rings would be answered, or given up, on the connection that is gone.
    if (state === SessionState.Initial || state === SessionState.Establishing) {
      await this.#loseCall('The connection to the server was lost.')
    } else await this.#recover()
  }

  /** The connection to the server is another one, or the audio is gone: negotiates anew. */
  async #recover(): Promise<void> {
    if (this.#recovering || this.#session.state !== SessionState.Established) return
    this.#recovering = true
    this.#become('reconnecting')
    this.#events.emit('reconnecting')
    try {
      for (let n = 0; n < MOST_RECOVERIES && this.#state === 'reconnecting'; n++) {
        const answer = this.#around.isConnected() ? await this.#tryAgain() : 'refused'
        if (answer === 'gone') return
        await new Promise((resolve) => setTimeout(resolve, RECOVER_EVERY_MS))
        // The audio may have been there all along, and nothing changes then.
        if (answer === 'accepted') this.#lookAtIce()
      }
      if (this.#state === 'reconnecting') await this.#loseCall('The connection did not come back.')
    } finally {
      this.#recovering = false
    }
  }

  /** For the Device: the microphone is another one. */
  async changeMicrophone(): Promise<void> {
    const audio = this.#audio
    if (!audio || this.#state === 'closed') return
    const { microphone } = this.#around
    const track = await microphone.open()
    try {
      microphone.release(await audio.speakBy(track))
    } catch (cause) {
      microphone.release(track)
      throw new DeviceError('call-failed', 'The call goes on with the microphone of before.', {
        cause,
      })
    }
    // It ended meanwhile.
    if (this.#session.state === SessionState.Terminated) microphone.release(audio.voice)
  }

  async #tryAgain(): Promise<Answered> {
    const answer = await this.#inTurn(() => this.#negotiate(this.#held, true))
    if (answer === 'gone') await this.#loseCall('The server lost this call.')
    return answer
  }

  async #loseCall(reason: string): Promise<void> {
    if (this.#state === 'closed') return
    this.#outcome.failure(reason)
    this.#events.emit('error', new DeviceError('connection-lost', reason))
    await this.#end()
  }

  #inTurn<Result>(negotiate: () => Promise<Result>): Promise<Result> {
    const change = this.#changes.then(negotiate)
    this.#changes = change.catch(() => undefined)
    return change
  }

  async #negotiate(held: boolean, restart: boolean): Promise<Answered> {
    const audio = this.#audio
    return audio ? reinvite(this.#session, audio.later(held, restart)) : 'refused'
  }

  async #openAudio(): Promise<AudioPath> {
    const track = await this.#around.microphone.open()
    track.enabled = !this.#muted
    this.#audio = new AudioPath(this.#session, track)
    if (this.#session.state === SessionState.Terminated) {
      this.#around.microphone.release(track)
      throw new DeviceError('invalid-state', 'The call is over.')
    }
    return this.#audio
  }

  #mustBeUp(): void {
    if (this.#session.state !== SessionState.Established)
      throw new DeviceError('invalid-state', inUse)
  }

  #become(state: CallState): void {
    if (this.#state === state || this.#state === 'closed') return
    this.#state = state
    this.#events.emit('change')
  }

  #sessionChanged(state: SessionState): void {
    if (state === SessionState.Establishing && this.direction === 'incoming')
      this.#become('connecting')
    if (state === SessionState.Established) this.#established()
    if (state === SessionState.Terminated) this.#ended()
  }

  #established(): void {
    this.#answeredAt = new Date()
    this.#become('open')
    this.#watchAudio()
    this.#events.emit('accept')
    this.#measuring = setInterval(() => void this.#measure(), MEASURE_MS)
  }

  #ended(): void {
    if (this.#state === 'closed') return
    clearTimeout(this.#ending)
    clearInterval(this.#measuring)
    if (this.#audio) this.#around.microphone.release(this.#audio.voice)
    this.#become('closed')
    this.#over.resolve()
    // sip.js tells what refused an INVITE only after it has said that the session is over.
    queueMicrotask(() => this.#events.emit('disconnect', this.#outcome.end))
    // Where nobody confirmed the end there is no audio either.
    this.#audio?.close()
  }

  #watchAudio(): void {
    const connection = this.#audio?.connection
    if (!connection || connection === this.#watched) return
    this.#watched = connection
    connection.addEventListener('iceconnectionstatechange', this.#iceChanged)
    connection.addEventListener('track', () => this.#events.emit('change'))
    this.#events.emit('change')
  }

  readonly #iceChanged = (): void => {
    const state = this.#audio?.connection?.iceConnectionState
    if (state === 'disconnected' || state === 'failed') void this.#recover()
    this.#lookAtIce()
  }

  #lookAtIce(): void {
    const state = this.#audio?.connection?.iceConnectionState
    if ((state === 'connected' || state === 'completed') && this.#state === 'reconnecting') {
      this.#become('open')
      this.#events.emit('reconnected')
    }
  }

  #lookAtRemoteHold(): void {
    // The description is in place only after the answer is made.
    setTimeout(() => {
      const held = this.#audio?.heldByRemote ?? false
      if (held === this.#heldByRemote) return
      this.#heldByRemote = held
      this.#events.emit('remoteHold', held)
      this.#events.emit('change')
    }, 200)
  }

  async #measure(): Promise<void> {
    const report = await this.#audio?.connection?.getStats().catch(() => undefined)
    if (!report || this.#state === 'closed') return
    this.#quality = this.#meter.measure(report, new Date())
    this.#events.emit('quality', this.#quality)
  }
}

/** Only who is up has a dialog that another can take the place of. */
function sessionOf(call: CallLike): Session {
  if (call instanceof Call && call.session.state === SessionState.Established) return call.session
  throw new DeviceError('invalid-argument', 'The other call is not up.')
}

/** Headers `X-...` of the INVITE. */
function paramsOf({ request }: Invitation): Record<string, string> {
  return Object.fromEntries(
    Object.keys(request.headers)
      .filter((name) => /^x-/i.test(name))
      .map((name) => [name.slice(2), request.getHeader(name) ?? '']),
  )
}
