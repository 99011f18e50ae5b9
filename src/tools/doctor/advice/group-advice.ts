import type { Advice, Judged, Probe } from '../types.js'
import { nameServers } from './name-servers.js'

/** One thing that was found, and all the servers that share it. */
export interface SharedAdvice extends Omit<Advice, 'text'> {
  /** Who, and what was found. */
  readonly sentence: string
}

/** Each thing once: what fails first, and of that the brokers' own before what concerns the cluster. */
export function groupAdvice(probes: readonly Judged[], general: readonly Advice[]): readonly SharedAdvice[] {
  const groups = new Map<string, { advice: Advice; about: Judged[] }>()
  for (const probe of probes) {
    for (const advice of probe.advice) {
      const { kind, severity, cause, remedy, paste } = advice
      const key = JSON.stringify([kind, severity, cause, remedy, paste])
      const group = groups.get(key) ?? { advice, about: [] }
      groups.set(key, group)
      group.about.push(probe)
    }
  }
  const own = [...groups.values()].map(({ advice, about }) => ({
    ...advice,
    sentence: sentenceOf(about, advice.cause),
  }))
  const others = general.map(advice => ({ ...advice, sentence: advice.cause }))
  return [...own, ...others].toSorted((a, b) => rank(a) - rank(b))
}

/** The cause, with who is concerned before it. */
export const sentenceOf = (about: readonly Probe[], cause: string): string => `${nameServers(about)}: ${cause}`

const rank = ({ severity }: SharedAdvice) => ['fail', 'warn', 'note'].indexOf(severity)
