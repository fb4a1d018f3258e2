export type { Config, Environment } from './config.ts'
export { ConfigFault, readConfig } from './config.ts'
export { settings } from './settings.ts'
export type { Host, Network, Target } from './values.ts'
