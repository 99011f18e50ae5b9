import type { Milliseconds } from '../../../../lib/units.js'
import type { ZoneFacts } from './zones.js'

/** What is known when a probe is judged, beside the probe. */
export interface Facts {
  /** In force. 0: nothing is mapped. */
  readonly rules: number
  readonly isTls: boolean
  readonly hasSasl: boolean
  /** A fixed one, which is sent and checked for every broker; null: each broker's own name is. */
  readonly servername: string | null
  readonly hasClientCertificate: boolean
  readonly connectionTimeoutMs: Milliseconds
  /** How long the doctor itself waited. */
  readonly patienceMs: Milliseconds
  readonly zones: ZoneFacts
}
