import { groupBy } from '../../group-by.js'
import type { Advice, Judged, Probe } from '../types.js'
import type { Finding } from './finding.js'
import { nameServers } from './name-servers.js'

/** One thing that was found, and all the servers that share it. */
export interface SharedAdvice extends Finding {
  /** Who, and what was found. */
  readonly sentence: string
}

/** Each thing once: what fails first, and of that the brokers' own before what concerns the cluster. */
export function groupAdvice(probes: readonly Judged[], general: readonly Advice[]): readonly SharedAdvice[] {
  const found = probes.flatMap(probe => probe.advice.map(advice => ({ probe, advice })))
  const groups = groupBy(found, ({ advice: { kind, severity, cause, remedy, paste } }) =>
    JSON.stringify([kind, severity, cause, remedy, paste]),
  )
  const own = [...groups.values()].map(group => {
    const [{ advice }] = group
    const about = group.map(({ probe }) => probe)
    return { ...advice, sentence: sentenceOf(about, advice.cause) }
  })
  const others = general.map(advice => ({ ...advice, sentence: advice.cause }))
  return [...own, ...others].toSorted((a, b) => rank(a) - rank(b))
}

/** The cause, with who is concerned before it. */
export const sentenceOf = (about: readonly Probe[], cause: string): string => `${nameServers(about)}: ${cause}`

const rank = ({ severity }: SharedAdvice) => ['fail', 'warn', 'note'].indexOf(severity)
