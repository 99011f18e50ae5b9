import { coredns } from './coredns.js'
import { dnsmasq } from './dnsmasq.js'
import type { Format } from '../format.js'
import { hostaliases } from './hostaliases.js'
import { hosts } from './hosts.js'
import { kafkaProxy } from './kafka-proxy.js'
import { kyverno } from './kyverno.js'
import { nodelocal } from './nodelocal.js'
import { route53 } from './route53.js'
import { unbound } from './unbound.js'

/** All formats. */
export const formats: readonly Format[] = [
  coredns,
  nodelocal,
  hosts,
  hostaliases,
  dnsmasq,
  unbound,
  route53,
  kafkaProxy,
  kyverno,
]
