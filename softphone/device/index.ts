/** The Device SDK: a phone for browsers on Ringdown. See README.md beside this file. */
export { Device } from './device.ts'
export { DeviceError } from './errors.ts'
export { meanOpinionScore } from './quality.ts'
export type {
  CallEnd,
  CallEvents,
  CallLike as Call,
  CallState,
  ConnectOptions,
  DeviceEvents,
  DeviceLike,
  DeviceOptions,
  DeviceState,
  ErrorCode,
  Quality,
} from './types.ts'
