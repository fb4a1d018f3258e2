/** A sentence-like sound that needs no speech program: buzzing syllables of changing pitch, 8 kHz. */
export function voice(who: 'agent' | 'lead'): Int16Array {
  const seed = who === 'agent' ? 7 : 31
  const pitchHz = who === 'agent' ? 110 : 190
  const random = seeded(seed)
  const out = new Int16Array(8_000 * 3)
  let at = 0
  let phase = 0
  while (at < out.length) {
    const syllable = 800 + Math.floor(random() * 1_600)
    const pitch = pitchHz * (0.8 + random() * 0.5)
    const formant = 400 + random() * 1_400
    const loud = random() < 0.15 ? 0 : 6_000 + random() * 6_000
    for (let i = 0; i < syllable && at < out.length; i++, at++) {
      phase += pitch / 8_000
      const decay = Math.exp(-40 * ((phase % 1) / pitch) * 8)
      const shape = Math.sin((Math.PI * i) / syllable)
      const tone = Math.sin((2 * Math.PI * formant * (phase % 1)) / pitch)
      out[at] = Math.round(loud * shape * (decay * tone + 0.05 * (random() - 0.5)))
    }
  }
  return out
}

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
