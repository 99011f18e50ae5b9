import { UsageError } from '../terminal/errors.js'
import { isIP } from 'node:net'
import { isLoopback } from '../../../../lib/address/address.js'
import type { Format, FormatFlags } from '../../export/format.js'
import { isHostName, toAsciiName } from '../../../map/host-name.js'
import { textOf, type Run } from '../command.js'
import { parseHostAndPort } from '../endpoint-text.js'
import { readLines } from '../terminal/lines.js'

/** The flags that only some formats take. */
export const exportFlags = {
  'cluster-domain': { type: 'string' },
  'hosted-zone': { type: 'string' },
  port: { type: 'string' },
  listen: { type: 'string' },
  annotation: { type: 'string' },
  sidecar: { type: 'boolean' },
  'cluster-dns': { type: 'string' },
  image: { type: 'string' },
} as const

export const exportFlagsHelp = `  --cluster-domain NAME
                     nodelocal, kyverno --sidecar: the cluster's domain (cluster.local)
  --hosted-zone NAME route53: the private hosted zone (the narrowest that holds all names)
  --port PORT        kafka-proxy, kyverno --sidecar: the port of brokers for which the map names none
  --listen ADDRESS:PORT
                     kafka-proxy: the first broker's listener, the others take the ports after it (127.0.0.1:32400)
  --annotation NAME  kyverno: the annotation that asks for the map (kafka-split-dns.example/map, or …/sidecar)
  --sidecar          kyverno: a policy that adds serve to a pod, for clients of other languages
  --cluster-dns ADDRESS
                     kyverno --sidecar: the cluster's nameserver, the pod's second
  --image NAME       kyverno --sidecar: the image that has this package (kafka-split-dns:VERSION)`

const flagNames: Readonly<Record<keyof FormatFlags, keyof typeof exportFlags>> = {
  clusterDomain: 'cluster-domain',
  hostedZone: 'hosted-zone',
  port: 'port',
  listen: 'listen',
  annotation: 'annotation',
  clusterDns: 'cluster-dns',
  image: 'image',
}

/** The flags, with their defaults. Throws `UsageError`, also for a flag that the format does not have. */
export function readFlags(run: Run, { name, takes = [], sidecar }: Format): FormatFlags {
  const has = (formatTakes: readonly string[], flag: string) => formatTakes.includes(flag)
  for (const [flag, text] of Object.entries(flagNames)) {
    if (textOf(run, text) === undefined || has(takes, flag)) continue
    const hint = has(sidecar?.takes ?? [], flag) ? ' without --sidecar' : ''
    throw new UsageError(`the format ${name} has no --${text}${hint}`)
  }
  const read = <T>(flag: keyof typeof exportFlags, parse: (text: string, flag: string) => T): T | undefined => {
    const text = textOf(run, flag)?.trim()
    return text === undefined ? undefined : parse(text, flag)
  }
  return {
    clusterDomain: read('cluster-domain', domain) ?? 'cluster.local',
    hostedZone: read('hosted-zone', domain),
    port: read('port', port),
    listen: read('listen', listen) ?? { address: '127.0.0.1', port: 32400 },
    annotation: read('annotation', annotation),
    clusterDns: has(takes, 'clusterDns') ? clusterDns(textOf(run, 'cluster-dns')?.trim() ?? '') : '',
    image: read('image', image),
  }
}

function domain(text: string, flag: string): string {
  const name = text.toLowerCase().replace(/^\.|\.$/g, '')
  if (!isHostName(name)) throw new UsageError(`--${flag}: '${name}' is not a domain name`)
  return name
}

function port(text: string): number {
  const found = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (found < 1 || found > 65535) throw new UsageError(`--port: expected a port from 1 to 65535, found '${text}'`)
  return found
}

function listen(text: string): FormatFlags['listen'] {
  const { host, port } = parseHostAndPort(text)
  if (isIP(host) === 0 || port === undefined) throw new UsageError(`--listen: expected ADDRESS:PORT, found '${text}'`)
  // kafka-proxy gives this address to clients.
  if (/^[0.:]*$/.test(host))
    throw new UsageError(`--listen: expected an address that clients can reach, found '${host}'`)
  return { address: host, port }
}

/** A Kubernetes annotation: NAME or DOMAIN/NAME. */
function annotation(text: string): string {
  const [name = '', domain, ...more] = text.split('/').reverse()
  const isName = /^[a-z0-9]([\w.-]{0,61}[a-z0-9])?$/i.test(name)
  const isDomain = domain === undefined || (isHostName(domain) && !domain.includes('_'))
  if (!isName || !isDomain || more.length > 0)
    throw new UsageError(`--annotation: expected DOMAIN/NAME, found '${text}'`)
  return text
}

function clusterDns(text: string): string {
  const how = 'kubectl --namespace kube-system get service kube-dns'
  if (text === '') throw new UsageError(`--cluster-dns is missing: the address of the cluster's nameserver (${how})`)
  if (isIP(text) === 0) throw new UsageError(`--cluster-dns: expected an address (${how}), found '${text}'`)
  if (isLoopback(text) || /^[0.:]*$/.test(text))
    throw new UsageError(`--cluster-dns: expected the cluster's nameserver (${how}), found the pod itself: '${text}'`)
  return text
}

/** An image's name, with a registry, tag and digest if you like. */
function image(text: string): string {
  if (!/^[\w][\w.:/@-]*$/.test(text))
    throw new UsageError(`--image: expected an image such as registry.example/kafka-split-dns:1, found '${text}'`)
  return text
}

/** The names beside the flags; `-` reads them from standard input, one a line. Throws `UsageError`. */
export async function readNames({ positionals, streams }: Run, { name, allowPositionals }: Format) {
  const [first] = positionals
  if (allowPositionals !== true && first !== undefined)
    throw new UsageError(`the format ${name} takes no names, found '${first}'`)
  const texts: string[] = []
  for (const text of positionals) {
    if (text !== '-') texts.push(text)
    else for await (const line of readLines(streams.stdin)) texts.push(line)
  }
  return texts.map(readName)
}

function readName(text: string) {
  const { host, port } = parseHostAndPort(text)
  const ascii = /[^\u0000-\u007f]/.test(host) ? toAsciiName(host) : host
  if (isIP(host) === 0 && (ascii === undefined || !isHostName(ascii.toLowerCase().replace(/\.$/, ''))))
    throw new UsageError(`'${host}' is not a host name`)
  return { host: ascii ?? host, port }
}
