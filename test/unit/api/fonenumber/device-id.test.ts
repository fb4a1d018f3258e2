import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { deviceBy, renderDeviceId } from '../../../../engine/api/dialects/fonenumber/device-id.ts'
import type { AccountId, DeviceId } from '../../../../engine/core/ids.ts'
import type { DeviceRecord } from '../../../../engine/core/ports/store.ts'

const device = (id: string): DeviceRecord => ({
  id: id as DeviceId,
  accountId: '00000000-0000-4000-8000-000000000001' as AccountId,
  username: `phone-${id.slice(-1)}`,
  name: 'phone',
  ha1Md5: 'x',
  ha1Sha256: 'y',
  createdAtMs: 0,
})
const uuidOf = (value: bigint) =>
  value
    .toString(16)
    .padStart(32, '0')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

test('12 digits, the same each time, and they find the device', () => {
  const devices = Array.from({ length: 1_000 }, () => device(randomUUID()))
  for (const one of devices) {
    const id = renderDeviceId(one.id)
    expect(id).toMatch(/^[1-9]\d{11}$/)
    expect(deviceBy(id, devices, 'service_id')).toBe(one)
  }
  expect(renderDeviceId(uuidOf(0n) as DeviceId)).toBe('100000000000')
  expect(renderDeviceId(uuidOf(899_999_999_999n) as DeviceId)).toBe('999999999999')
})

test('two devices with one id: neither is called', () => {
  const twins = [
    device(uuidOf(1n)),
    device(uuidOf(900_000_000_002n)),
    device(uuidOf(900_000_000_001n)),
  ]
  expect(() => deviceBy('100000000001', twins, 'service_id')).toThrow(
    expect.objectContaining({ code: 'already_exists', field: 'service_id' }),
  )
  expect(deviceBy('100000000002', twins, 'service_id')).toBe(twins[1])
})

test.each(['', '100000000001x', '0100000000001', '1e11', 'phone'])('%j is no device', (id) => {
  expect(() => deviceBy(id, [device(uuidOf(1n))], 'service_id')).toThrow(
    expect.objectContaining({ code: 'not_found' }),
  )
})
