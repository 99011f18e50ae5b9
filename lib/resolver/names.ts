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
export function* candidateNames(name: string, search: readonly string[]): Generator<string, void> {
  if (name.endsWith('.')) {
    yield withoutDot(name)
    return
  }
  const labels = name.split('.')
  const isLong = labels.length > dotsOfWholeName
  const end = `${labels.at(-1) ?? ''}.`
  const lacksEnd = isLong && search.some(suffix => suffix.startsWith(end))
  const completing = lacksEnd ? search.filter(suffix => search.includes(end + suffix)) : []
  if (isLong && !lacksEnd) yield name
  for (const suffix of new Set([...completing, ...search])) {
    const candidate = `${name}.${suffix}`
    if (checkedName(candidate) !== undefined) yield candidate
  }
  if (!isLong || lacksEnd) yield name
}
