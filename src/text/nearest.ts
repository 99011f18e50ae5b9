/** ` (did you mean 'x'?)` for the known name nearest to the given one, or nothing where none is near. */
export function didYouMean(name: string, known: Iterable<string>): string {
  const best = nearest(name, known)
  return best === undefined ? '' : ` (did you mean '${best}'?)`
}

/**
 * The known name that is most likely meant: the fewest edits, at most a third of its length or one. What all names
 * begin with is left out of the comparison, so that a long prefix doesn't make everything alike. Never the name itself.
 */
export function nearest(name: string, known: Iterable<string>): string | undefined {
  if (name.length > maxLength) return undefined
  const names = [...known].filter(candidate => Math.abs(candidate.length - name.length) <= maxLength / 3)
  const skipped = commonPrefix(name, names)
  const rest = name.slice(skipped).toLowerCase()
  let best: string | undefined
  let fewest = Math.max(1, Math.floor(rest.length / 3)) + 1
  for (const candidate of names) {
    const other = candidate.slice(skipped).toLowerCase()
    if (candidate === name || Math.abs(other.length - rest.length) >= fewest) continue
    const edits = editDistance(rest, other)
    if (edits < fewest && edits < other.length) [best, fewest] = [candidate, edits]
  }
  return best
}

const maxLength = 64

// Up to its last word's end: `KAFKA_SPLIT_DNS_` of variables, nothing of `match` and `map`.
function commonPrefix(name: string, known: readonly string[]): number {
  let length = name.length
  for (const candidate of known) {
    let same = 0
    while (same < length && candidate[same] === name[same]) same++
    length = same
  }
  return Math.max(name.lastIndexOf('_', length - 1), name.lastIndexOf('-', length - 1)) + 1
}

// Levenshtein with neighbours swapped as one edit: `mtach` is one edit from `match`.
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let edits = Math.min((previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        edits = Math.min(edits, (before[j - 2] ?? 0) + 1)
      }
      current.push(edits)
    }
    ;[before, previous] = [previous, current]
  }
  return previous[b.length] ?? 0
}
