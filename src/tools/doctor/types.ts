import type { Milliseconds } from '../../../lib/units.js'
import type { Explanation } from '../explain/explanation.js'

/** The steps of reaching a server, in their order; the last but one is for bootstrap servers, the last for brokers. */
export const steps = ['map', 'dns', 'tcp', 'tls', 'kafka', 'sasl', 'metadata', 'identity'] as const
export type Step = (typeof steps)[number]

export type Verdict = 'ok' | 'warn' | 'fail'

/** What a person should do about something that was found. */
export interface Advice {
  /** What was found, one word for each kind: stable, for machines. */
  readonly kind: AdviceKind
  readonly severity: 'note' | 'warn' | 'fail'
  /** All of it in one line: who, cause, remedy. */
  readonly text: string
  /** What was found, the same for all brokers that share it. */
  readonly cause: string
  /** What to do about it; empty where there is nothing to do. */
  readonly remedy: string
  /** Lines to paste into a map, an environment or a client. */
  readonly paste: readonly string[]
}

export type AdviceKind =
  | 'no-map'
  | 'no-rule'
  | 'rule-refuses'
  | 'rule-without-target'
  | 'target-not-found'
  | 'nameserver-silent'
  | 'address-refused'
  | 'public-address'
  | 'connect-refused'
  | 'connect-silent'
  | 'connect-unreachable'
  | 'connect-reset'
  | 'certificate-name'
  | 'certificate-untrusted'
  | 'certificate-expired'
  | 'certificate-expires-soon'
  | 'client-certificate'
  | 'tls-at-plaintext-port'
  | 'plaintext-at-tls-port'
  | 'no-kafka'
  | 'sasl-refused'
  | 'sasl-needed'
  | 'metadata-refused'
  | 'wrong-broker'
  | 'shared-endpoint'
  | 'not-verified'
  | 'bootstrap-only'
  | 'zone-less-rule'
  | 'zone-mismatch'
  | 'timeout-short'
  | 'listener-differs'
  | 'other'

/** The certificate that a broker showed. */
export interface Certificate {
  /** DNS names and addresses of the subjectAltName, else the common name. */
  readonly names: readonly string[]
  readonly issuer: string
  /** ISO 8601. */
  readonly validTo: string
  readonly expiresInDays: number
}

/** What came of reaching one broker; null where a step was not reached or does not apply. */
export interface Probe {
  readonly role: 'bootstrap' | 'broker'
  readonly nodeId: number | null
  readonly rack: string | null
  readonly host: string
  readonly port: number
  /** The map's part and the look-up, as `explain` reports them. */
  readonly explanation: Explanation
  /** Where it was connected, or tried last. */
  readonly address: string | null
  readonly addressPort: number | null
  /** Each address that was tried, with what came of it. */
  readonly tried: readonly { readonly address: string; readonly port: number; readonly outcome: string }[]
  readonly dnsMs: Milliseconds | null
  readonly tcpMs: Milliseconds | null
  readonly tlsMs: Milliseconds | null
  /** ApiVersions. */
  readonly kafkaMs: Milliseconds | null
  readonly saslMs: Milliseconds | null
  readonly tlsVersion: string | null
  readonly certificate: Certificate | null
  /**
   * Whether the broker is the one that its name stands for: it was asked for the configuration of its own id, which every
   * other broker refuses. null: not reached, or not asked.
   */
  readonly identity: Identity | null
  /** The id of the broker that answered in its place, where it was found out. */
  readonly answeredBy: number | null
  /** null: every step that was asked for went well. */
  readonly failedStep: Step | null
  readonly error: { readonly code: string; readonly message: string } | null
}

/** `unknown`: it gave no answer, as without the ACL DESCRIBE_CONFIGS on the cluster. */
export type Identity = 'verified' | 'wrong' | 'unknown'

/** A probe that was judged. */
export interface Judged extends Probe {
  readonly verdict: Verdict
  readonly advice: readonly Advice[]
}

interface ListedBroker {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** What the first bootstrap server that answered said of the cluster. */
export interface ClusterMetadata {
  readonly clusterId: string | null
  readonly controllerId: number
  readonly brokers: readonly ListedBroker[]
}

/** What made the diagnosis. */
export interface Versions {
  readonly 'kafka-split-dns': string
  readonly kafkajs: string
  readonly node: string
}

/** Everything the doctor found. Its JSON is this very object. */
export interface Diagnosis {
  readonly ok: boolean
  /** ISO 8601. */
  readonly at: string
  readonly versions: Versions
  /** The name of the machine that it ran on. */
  readonly hostname: string
  readonly security: 'plaintext' | 'ssl' | 'sasl_plaintext' | 'sasl_ssl'
  /** What kafkajs gives DNS, connect and TLS together. */
  readonly connectionTimeoutMs: Milliseconds
  readonly mapOrigins: readonly string[]
  readonly rules: number
  readonly clusterId: string | null
  readonly bootstrap: readonly Judged[]
  readonly brokers: readonly Judged[]
  /** What concerns the cluster as a whole. */
  readonly advice: readonly Advice[]
}
