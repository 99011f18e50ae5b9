import type { KafkaConfig } from 'kafkajs'
import type { Milliseconds } from '../../../lib/units.js'

/** How brokers are reached. */
export interface Connection {
  readonly ssl: KafkaConfig['ssl']
  readonly sasl: KafkaConfig['sasl']
  readonly clientId: string
  /** How long TCP and TLS together, and each request, are waited for. */
  readonly patienceMs: Milliseconds
  /** What a client gives DNS, connect and TLS together: measured times are held against it. */
  readonly connectionTimeoutMs: Milliseconds
  /** What nothing that is printed may hold. */
  readonly secrets: readonly string[]
}

export const usesTls = ({ ssl }: Pick<Connection, 'ssl'>): boolean => ssl !== undefined && ssl !== false
