/** A fault as the schema library tells it. */
export interface Fault {
  readonly keyword: string
  readonly schemaPath: string
  readonly instancePath: string
  readonly params: object
  readonly message: string
}

/** A branch of a union, and the field of it that is to have one certain value. */
const certainField = /^((.*)\/anyOf\/\d+)\/properties\/[^/]+$/

/**
 * The faults that count. A union whose branches are told apart by one field has faults of each branch: those
 * of the branches that the field rules out are nobody's. When it rules out all, the field itself is at fault.
 */
export function meant(faults: readonly Fault[]): readonly Fault[] {
  const wrong = faults.flatMap((fault) => {
    const [, branch, union] =
      (fault.keyword === 'const' && certainField.exec(fault.schemaPath)) || []
    return branch === undefined || union === undefined ? [] : [{ fault, branch, union }]
  })
  if (wrong.length === 0) return faults
  const unions = new Set(wrong.map(({ union }) => union))
  // the value is an object with fields: a branch that is none was not meant
  const isOther = ({ keyword, schemaPath }: Fault): boolean =>
    keyword === 'type' && unions.has(schemaPath.replace(/\/anyOf\/\d+$/, ''))
  const left = faults.filter(
    (fault) => !isOther(fault) && !wrong.some(({ branch }) => isWithin(fault.schemaPath, branch)),
  )
  const hopeless = [...unions].filter(
    (union) => !left.some(({ schemaPath }) => isWithin(schemaPath, `${union}/anyOf`)),
  )
  const fields = hopeless.flatMap((union) => fieldOf(wrong.filter((one) => one.union === union)))
  return [...left.filter(({ schemaPath }) => !unions.has(schemaPath)), ...fields]
}

const isWithin = (path: string, outer: string): boolean =>
  path === outer || path.startsWith(`${outer}/`)

function fieldOf(wrong: readonly { readonly fault: Fault }[]): readonly Fault[] {
  const [first] = wrong
  if (first === undefined) return []
  const allowedValues = wrong.flatMap(({ fault }) => Object.values(fault.params))
  return [{ ...first.fault, keyword: 'enum', params: { allowedValues } }]
}
