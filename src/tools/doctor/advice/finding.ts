import type { Advice } from '../types.js'

/** Advice that does not yet say whom it is about. */
export type Finding = Omit<Advice, 'text'>

const finding =
  (severity: Finding['severity']) =>
  (kind: Finding['kind'], cause: string, remedy = '', paste: readonly string[] = []): Finding => ({
    kind,
    severity,
    cause,
    remedy,
    paste,
  })

export const fail = finding('fail')
export const warn = finding('warn')
export const note = finding('note')

/** The finding as advice, which begins with this sentence. */
export function adviceOf({ kind, severity, cause, remedy, paste }: Finding, sentence: string): Advice {
  const text = [sentence, remedy, ...paste].filter(part => part !== '').join(' ')
  return { kind, severity, text, cause, remedy, paste }
}
