/** What shorter endings save is not worth a line that explains them. */
const shortestEnding = 8

/** Names without the labels that all end in, and these labels; an empty ending where they share too little. */
export interface WithoutEnding {
  readonly names: readonly string[]
  readonly ending: string
}

/** Takes off what all names end in, in whole labels: an ellipsis stands for it. Every name keeps a label of its own. */
export function withoutEnding(names: readonly string[]): WithoutEnding {
  const [first = '', ...others] = names
  const labels = first.split('.')
  let ending = ''
  for (let count = labels.length - 1; count > 0 && ending === ''; count -= 1) {
    const candidate = `.${labels.slice(-count).join('.')}`
    if (others.every(name => name.endsWith(candidate) && name.length > candidate.length)) ending = candidate
  }
  if (ending.length < shortestEnding) return { names, ending: '' }
  return { names: names.map(name => `${name.slice(0, -ending.length)}…`), ending }
}

/**
 * The names in at most `width` characters: of each its beginning and its end, or what
 * it differs in, so that those that differ still do.
 */
export function shortenMiddle(names: readonly string[], width: number): readonly string[] {
  if (names.every(name => name.length <= width)) return names
  const count = new Set(names).size
  // From halves on, the end grows at the cost of the beginning, then the other way round.
  const half = Math.floor((width - 1) / 2)
  const ends = [...range(half, width - 1), ...range(1, half - 1).toReversed()]
  const shortened = (end: number) => names.map(name => shorten(name, width, end))
  const best = ends.find(end => new Set(shortened(end)).size === count)
  if (best !== undefined) return shortened(best)
  // They differ in the middle alone: that is what is shown of them.
  const start = Math.max(0, commonBeginning(names) - 2)
  const middle = names.map(name => `${name.slice(0, 3)}…${name.slice(start, start + width - 5)}…`)
  return new Set(middle).size === count ? middle : shortened(half)
}

function commonBeginning(names: readonly string[]): number {
  const [first = '', ...others] = names
  let length = 0
  while (length < first.length && others.every(name => name[length] === first[length])) length += 1
  return length
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index)

const shorten = (name: string, width: number, end: number) =>
  name.length <= width ? name : `${name.slice(0, Math.max(0, width - 1 - end))}…${end === 0 ? '' : name.slice(-end)}`
