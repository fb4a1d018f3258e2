export { type Deliveries, type DeliveryOptions, startDeliveries } from './deliveries.ts'
export type { Lookup } from './guard.ts'
export { createWeb, type WebOptions } from './web.ts'
