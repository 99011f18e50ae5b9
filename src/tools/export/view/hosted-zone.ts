import type { Omissions, PlainAnswer } from './plain-answers.js'
import { isIn } from './wildcards.js'

/**
 * The narrowest zone that holds all names of the answers, with no CNAME at its apex. Throws where there is none of two
 * labels or more.
 */
export function narrowestZone(answers: readonly PlainAnswer[]): string {
  const places = answers.filter(({ reply }) => reply.kind !== 'pass').map(zoneFor)
  if (places.length === 0) throw new Error('the map has no names to write')
  const [first = [], ...others] = places
  const shared = others.reduce((zone, place) => zone.slice(0, commonLength(zone, place)), first)
  if (shared.length >= 2) return shared.toReversed().join('.')
  throw new Error("the map's names share no zone: choose one with --hosted-zone and --partial")
}

/** The labels, from the right. */
function zoneFor({ name, isWildcard, reply }: PlainAnswer): readonly string[] {
  const labels = name === '' ? [] : name.split('.').reverse()
  return isWildcard || reply.kind === 'addresses' ? labels : labels.slice(0, -1)
}

function commonLength(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex((label, index) => label !== other[index])
  return end < 0 ? one.length : end
}

/** The answers that a private hosted zone can give; the others become omissions. */
export function answersIn(zone: string, answers: readonly PlainAnswer[], omissions: Omissions): readonly PlainAnswer[] {
  return answers.flatMap(answer => {
    const { name, isWildcard, reply, rule } = answer
    const isWide = isWildcard && !isIn(zone, name) && isIn(name, zone)
    const isPart = isWide || isIn(zone, name)
    if (reply.kind === 'pass') {
      if (isPart) omissions.add(rule, `the zone '${zone}' passes no name on: these have no address`)
      return isPart ? [answer] : []
    }
    if (!isPart) omissions.add(rule, `its names are outside of the zone '${zone}'`)
    else if (isWide) omissions.add(rule, `only its names in the zone '${zone}' are written`)
    if (reply.kind === 'name' && isPart && isIn(zone, reply.name)) {
      omissions.add(rule, `its target '${reply.name}' is in the zone '${zone}' itself, which hides it`)
      return [{ ...answer, reply: { kind: 'none', why: 'the zone hides its target' } }]
    }
    return isPart ? [answer] : []
  })
}
