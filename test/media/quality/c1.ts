import { type Property, printProperties, type QualityTable } from './table.ts'

/** In-band DTMF. */
export const c1: QualityTable = {
  name: 'c1',
  title: 'in-band DTMF',
  run: async (print) => {
    const properties: Property[] = []
    return printProperties(print, properties)
  },
}
