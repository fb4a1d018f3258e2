/** Its beginning and the next one's, UTC; as typed when it is none, which the engine refuses in words. */
export function monthOf(month: string): { readonly from: string; readonly to: string } {
  const from = new Date(`${month}-01T00:00:00Z`)
  if (Number.isNaN(from.getTime())) return { from: month, to: month }
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1))
  return { from: from.toISOString(), to: to.toISOString() }
}
