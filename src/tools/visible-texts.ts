import { visibleText } from '../text/visible-text.js'

/** Longer than a name and its explanation; what is cut is a stranger's. */
const maxLength = 2000

/**
 * The same value, in which every text fits one line of a terminal or a page: brokers choose their host, rack and cluster
 * id, and whoever runs them could forge lines of the diagnosis.
 */
export function visibleTexts<Value>(value: Value): Value {
  // The shape is kept, so the type is.
  return visible(value) as Value
}

function visible(value: unknown): unknown {
  if (typeof value === 'string') return visibleText(value, maxLength)
  if (Array.isArray(value)) return value.map(visible)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, visible(each)]))
}
