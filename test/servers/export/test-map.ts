/** A rule as the tests write it: one pattern, whose captures are called x. */
export interface MapRule {
  readonly match: string
  readonly to: string | readonly string[]
}

export interface TestMap {
  readonly rules: readonly MapRule[]
}

/** What targets may look up. */
const tables = { t: { a: 'both', b: 'four', k1: 'six', 1: 'one', 'a.b': 'star' } }

/** The map as the library reads it; JSON is YAML. */
export const mapDocument = ({ rules }: TestMap) => ({ tables, rules: rules.map(({ match, to }) => ({ match, to })) })

export const mapText = (map: TestMap): string => JSON.stringify(mapDocument(map), null, 1)

const labels = { '': '[0-9a-z_-]+', ':int': '[0-9]+', ':word': '[0-9a-z]+' } as const

/** True where the rule's pattern is for the name, whatever the port. */
export function ruleMatches({ match }: MapRule, name: string): boolean {
  const expression = match
    .replace(/:\d+$/, '')
    .replaceAll('.', '\\.')
    .replace(/^\*/, `${labels['']}(?:\\.${labels['']})*`)
    .replace(/\{x(:int|:word)?\}/g, (_, type: ':int' | ':word' | undefined) => labels[type ?? ''])
  return new RegExp(`^${expression}$`).test(name)
}
