// Properties are tried with the same values in every run, so that none fails by chance: new ones are for `npm run fuzz`,
// and for TEST_SEED.

import fc from 'fast-check'

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['TEST_SEED'] ?? 4475) })

export default fc
