import type { LeftOut, PlainAnswer } from './plain-answers.js'
import { isIn } from './wildcards.js'

/**
 * The narrowest zone that has all names of the answers in it, none of them that leads to another name at its apex.
 * Throws where there is none of two labels or more.
 */
export function narrowestZone(answers: readonly PlainAnswer[]): string {
  const places = answers.filter(({ reply }) => reply.kind !== 'pass').map(zoneFor)
  if (places.length === 0) throw new Error('the map has no names to write')
  const [first = [], ...others] = places
  const shared = others.reduce((zone, place) => zone.slice(0, commonLength(zone, place)), first)
  if (shared.length >= 2) return shared.toReversed().join('.')
  throw new Error('the names of the map have no zone in common: name one with --hosted-zone, and use --partial')
}

/** The labels from the right. */
function zoneFor({ name, isWildcard, reply }: PlainAnswer): readonly string[] {
  const labels = name === '' ? [] : name.split('.').reverse()
  return isWildcard || reply.kind === 'addresses' ? labels : labels.slice(0, -1)
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((label, index) => label !== other[index])
  return end < 0 ? one.length : end
}

/** The answers as far as a private hosted zone can give them; what it can't is left out. */
export function answersIn(zone: string, answers: readonly PlainAnswer[], leftOut: LeftOut): readonly PlainAnswer[] {
  return answers.flatMap(answer => {
    const { name, isWildcard, reply, rule } = answer
    const isWide = isWildcard && !isIn(zone, name) && isIn(name, zone)
    const isPart = isWide || isIn(zone, name)
    if (reply.kind === 'pass') {
      if (isPart) leftOut.add(rule, `names of the zone '${zone}' are not passed on: these have no address`)
      return isPart ? [answer] : []
    }
    if (!isPart) leftOut.add(rule, `it is for names outside of the zone '${zone}'`)
    else if (isWide) leftOut.add(rule, `of its names only those in the zone '${zone}' are written`)
    if (reply.kind === 'name' && isPart && isIn(zone, reply.name)) {
      leftOut.add(rule, `its target '${reply.name}' lies in the zone '${zone}' itself, which hides it`)
      return [{ ...answer, reply: { kind: 'none', why: 'the zone hides its target' } }]
    }
    return isPart ? [answer] : []
  })
}
