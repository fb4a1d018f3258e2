/** A leg's place in a conference, as the leg sees it. */
export interface Seat {
  /** Somebody wants to hear what the peer says. */
  readonly listens: boolean
  /** Before the leg receives: the newest packets may make it worth to listen. */
  attend(): void
  /** Fills a frame with what the peer is to hear. */
  fill(said: Int16Array): void
  /** The leg has agreed on something else, or has got the phone of another leg. */
  changed(): void
  /** The leg goes elsewhere, or ends. */
  leave(): void
}
