import { checkName } from '../wire/query.js'

/** A target with so many dots is tried as it is first, whatever `ndots` says: it was written as a whole name. */
const dotsOfWholeName = 2

/**
 * The name in lower case, its final dot kept; undefined where it is no host name, or could be read as an address, so
 * that no server may be asked for it.
 */
export function canonicalName(text: string): string | undefined {
  const name = checkedName(text)
  if (name === undefined || endsInNumber.test(name)) return undefined
  return text.endsWith('.') ? `${name}.` : name
}

/** `127.1` and `0x7f000001` are addresses to inet_aton and to URLs, and no top-level domain is a number. */
const endsInNumber = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/

/** `checkName`'s result, or undefined in place of its error. */
export function checkedName(text: string): string | undefined {
  try {
    return checkName(text)
  } catch {
    return undefined
  }
}

/** Canonical and without the final dot. */
export const withoutDot = (name: string): string => (name.endsWith('.') ? name.slice(0, -1) : name)

/** True for what is loopback by its name alone (RFC 6761 section 6.3); takes a canonical name. */
export function isLocalhost(name: string): boolean {
  const bare = withoutDot(name)
  return bare === 'localhost' || bare.endsWith('.localhost')
}

/**
 * The absolute names that a canonical name may be meant as, in the order in which they are tried: itself alone if it
 * ends in a dot; else with each suffix of the search list too, where the whole is not too long for a name.
 *
 * A name of two dots or more whose last label begins a suffix was written without its end: `kafka.tenant.svc` where
 * `svc.cluster.local` is a suffix. Then the suffixes come first, and among them the one that completes it,
 * `cluster.local`.
 */
export function candidateNames(name: string, search: readonly string[]): Iterable<string> {
  const bare = withoutDot(name)
  if (name !== bare) return [bare]
  if (!hasDots(bare, dotsOfWholeName)) return suffixesFirst(bare, search)
  const last = `${lastLabel(bare)}.`
  if (!search.some(suffix => suffix.startsWith(last))) return wholeNameFirst(bare, search)
  const completing = search.filter(suffix => search.includes(last + suffix))
  return suffixesFirst(bare, [...completing, ...search])
}

function* wholeNameFirst(name: string, search: readonly string[]): Generator<string, void> {
  yield name
  yield* withSuffixes(name, search)
}

function* suffixesFirst(name: string, search: readonly string[]): Generator<string, void> {
  yield* withSuffixes(name, search)
  yield name
}

function* withSuffixes(name: string, search: readonly string[]): Generator<string, void> {
  for (const candidate of new Set(search.map(suffix => `${name}.${suffix}`))) {
    if (checkedName(candidate) !== undefined) yield candidate
  }
}

const lastLabel = (name: string) => name.slice(name.lastIndexOf('.') + 1)

/** True with so many dots at least. */
function hasDots(name: string, dots: number): boolean {
  let at = -1
  for (let count = 0; count < dots; count++) {
    at = name.indexOf('.', at + 1)
    if (at < 0) return false
  }
  return true
}
