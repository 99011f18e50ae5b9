import { adviseConnect } from './advise-connect.js'
import { adviseIdentity } from './advise-identity.js'
import { adviseMap } from './advise-map.js'
import type { Facts } from './facts.js'
import { adviceOf, fail } from './finding.js'
import { sentenceOf } from './group-advice.js'
import type { Advice, Judged, Probe, Verdict } from '../types.js'

/** The probe with its verdict, and what to do about each thing that was found. Pure. */
export function judge(probe: Probe, facts: Facts): Judged {
  const found = [...adviseMap(probe, facts), ...adviseConnect(probe, facts), adviseIdentity(probe, facts)].filter(
    finding => finding !== undefined,
  )
  const isExplained = probe.failedStep === null || found.some(({ severity }) => severity === 'fail')
  const other = fail('other', `${probe.error?.message ?? 'it failed'}.`)
  const advice = (isExplained ? found : [...found, other]).map(finding =>
    adviceOf(finding, sentenceOf([probe], finding.cause)),
  )
  return { ...probe, verdict: verdictOf(advice), advice }
}

function verdictOf(advice: readonly Advice[]): Verdict {
  if (advice.some(({ severity }) => severity === 'fail')) return 'fail'
  return advice.some(({ severity }) => severity === 'warn') ? 'warn' : 'ok'
}
