/** Telephone events (RFC 4733): payload, receiver, sender. */
export * from './telephone-event-payload.ts'
export { TelephoneEventReceiver } from './telephone-event-receiver.ts'
export { TelephoneEventSender } from './telephone-event-sender.ts'
