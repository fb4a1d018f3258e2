/** An array of numbers, one for each slot, that can hold so many; what it holds stays. */
export function widened<Column extends Float64Array | Uint8Array | Uint16Array>(
  column: Column,
  slots: number,
): Column {
  if (column.length >= slots) return column
  const wider = new (column.constructor as new (length: number) => Column)(
    Math.max(slots, 2 * column.length),
  )
  wider.set(column)
  return wider
}
