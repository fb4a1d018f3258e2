/** Telephone events (RFC 4733): payload, receiver, sender. */
export * from './telephone-event-payload.ts'
export {
  TelephoneEventReceiver,
  type TelephoneEventReceiverOptions,
} from './telephone-event-receiver.ts'
export { TelephoneEventSender, type TelephoneEventSenderOptions } from './telephone-event-sender.ts'
