/** A call whose browser is not there just now. */
export class Parking {
  /** Ends the wait for it. */
  disarm: (() => void) | undefined

  get isParked(): boolean {
    return this.disarm !== undefined
  }
}
