import { BadInput } from './bad-input.js'
import { coverageOf, type ListedServer } from './coverage.js'
import { makeMap, type MadeMap, type MapRequest } from './make-map.js'

export interface WidenedMap {
  readonly made: MadeMap
  /** The brokers that no rule can be written for, each with the reason in one line. */
  readonly refused: readonly { readonly broker: ListedServer; readonly reason: string }[]
}

/** The map with rules for these brokers too. It names no more of them than it needs to. Pure. */
export function widenMap(request: MapRequest, made: MadeMap, brokers: readonly ListedServer[]): WidenedMap {
  let [widest, widestRequest] = [made, request]
  const refused: { broker: ListedServer; reason: string }[] = []
  for (const broker of brokers) {
    if (coverageOf(widest.table, [broker]).every(({ missing }) => missing === null)) continue
    const wider = { ...widestRequest, brokers: [...widestRequest.brokers, broker] }
    try {
      widest = makeMap(wider)
      widestRequest = wider
    } catch (error) {
      if (!(error instanceof BadInput)) throw error
      refused.push({ broker, reason: error.message })
    }
  }
  return { made: widest, refused }
}
