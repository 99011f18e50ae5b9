import type { Milliseconds } from '../../../../lib/units.js'
import type { ZoneFacts } from './zones.js'

/** What is known when a probe is judged, beside the probe. */
export interface Facts {
  /** In force. 0: nothing is mapped. */
  readonly rules: number
  /** False where the map is another process part's own, of which the routes alone are known. */
  readonly hasSettings: boolean
  /** True where the map is a file, so that rules are written as in YAML. */
  readonly isMapFile: boolean
  /** Where the bootstrap server's rule leads to: what a rule for the brokers would name, too. */
  readonly endpoint: string | null
  /** What the names of all brokers without a rule end in: one rule for all of them. */
  readonly domain: string | null
  /** By a broker's id the ids of all that the map leads to the same address and port, where nothing tells them apart. */
  readonly sharing: ReadonlyMap<number, readonly number[]>
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
