import { adviseConnect } from './advise-connect.js'
import { adviseMap } from './advise-map.js'
import type { Facts } from './facts.js'
import type { Advice, Judged, Probe, Verdict } from '../types.js'

/** The probe with its verdict, and what to do about each thing that was found. Pure. */
export function judge(probe: Probe, facts: Facts): Judged {
  const found = [...adviseMap(probe, facts), ...adviseConnect(probe, facts)]
  const isTold = probe.failedStep === null || found.some(({ severity }) => severity === 'fail')
  const other: Advice = { kind: 'other', severity: 'fail', text: `${probe.host}: ${probe.error?.message ?? 'failed'}` }
  const advice = isTold ? found : [...found, other]
  return { ...probe, verdict: verdictOf(advice), advice }
}

function verdictOf(advice: readonly Advice[]): Verdict {
  if (advice.some(({ severity }) => severity === 'fail')) return 'fail'
  return advice.some(({ severity }) => severity === 'warn') ? 'warn' : 'ok'
}
