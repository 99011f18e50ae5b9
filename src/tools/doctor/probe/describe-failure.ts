import { property } from '../../property.js'
import { maskSecrets } from './mask-secrets.js'
import type { Probe } from '../types.js'

/** The codes that kafkajs' own errors get here, which have none. */
const kafkajsCodes: Readonly<Record<string, string>> = {
  KafkaJSConnectionClosedError: 'CLOSED',
  KafkaJSSASLAuthenticationError: 'SASL',
  KafkaJSRequestTimeoutError: 'ETIMEDOUT',
  KafkaJSLockTimeout: 'ETIMEDOUT',
  KafkaJSTimeout: 'ETIMEDOUT',
}

/** OpenSSL's own text, of which the reason alone says anything to a person. */
const openSsl = /(?:[0-9A-F]{8,}:)?error:[0-9A-F]+:[^:]*:[^:]*:([^:\n]+)(?::[^\s)]*)?\n?/g

/** Code and message of what kafkajs or a socket failed with, fit to be shown. */
export function describeFailure(error: unknown, secrets: readonly string[]): NonNullable<Probe['error']> {
  if (typeof error !== 'object' || error === null) return { code: 'UNKNOWN', message: 'failed for no reason given' }
  const text = (name: string) => {
    const value = property(error, name)
    return typeof value === 'string' && value !== '' ? value : undefined
  }
  const message = maskSecrets(text('message') ?? 'failed for no reason given', secrets)
    .replace(/^Connection error: /, '')
    .replace(openSsl, '$1')
  if (message === 'Connection timeout') return { code: 'ETIMEDOUT', message }
  if (message === 'Connection closed by the server') return { code: 'CLOSED', message }
  const name = text('name') ?? 'Error'
  return { code: text('code') ?? text('type') ?? kafkajsCodes[name] ?? name, message }
}
