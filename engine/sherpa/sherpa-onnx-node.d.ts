/** What we use of the package, which brings no types of its own. */
declare module 'sherpa-onnx-node' {
  export interface Sound {
    /** -1 to 1. */
    readonly samples: Float32Array
    readonly sampleRate: number
  }

  export interface SpeakOptions {
    readonly text: string
    readonly sid: number
    readonly speed: number
    readonly enableExternalBuffer: boolean
    /** After each sentence; 0 stops it. */
    readonly onProgress: (told: { readonly samples: Float32Array }) => 0 | 1
  }

  export class OfflineTts {
    static createAsync(config: object): Promise<OfflineTts>
    readonly sampleRate: number
    readonly numSpeakers: number
    generateAsync(options: SpeakOptions): Promise<Sound>
  }

  export interface OfflineStream {
    acceptWaveform(sound: Sound): void
  }

  export interface Heard {
    readonly lang?: string
    readonly text: string
    readonly tokens?: readonly string[]
    /** Seconds at which each token begins; empty where the model does not tell. */
    readonly timestamps?: readonly number[]
    /** Natural logarithm of how likely each token is; empty where the model does not tell. */
    readonly ys_log_probs?: readonly number[]
  }

  export class OfflineRecognizer {
    static createAsync(config: object): Promise<OfflineRecognizer>
    createStream(): OfflineStream
    decodeAsync(stream: OfflineStream): Promise<Heard>
  }

  const sherpa: {
    readonly OfflineTts: typeof OfflineTts
    readonly OfflineRecognizer: typeof OfflineRecognizer
  }
  export default sherpa
}
