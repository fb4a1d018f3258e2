/**
 * The oldest entry of a map, again and again; whoever asks deletes it. It goes on where it was: looked for
 * from the start, each would cost a walk over all that have been deleted.
 */
export function oldestOf<K, V>(map: ReadonlyMap<K, V>): () => readonly [K, V] | undefined {
  let entries = map.entries()
  return () => {
    const { value, done } = entries.next()
    if (done !== true) return value
    // at its end an iterator stays there
    entries = map.entries()
    return entries.next().value
  }
}
