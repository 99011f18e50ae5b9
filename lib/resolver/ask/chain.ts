import { addressVersion, type Address } from '../../address/address.js'
import type { Milliseconds, Seconds } from '../../units.js'
import type { Question } from '../../wire/query.js'
import type { AnswerRecord, Response } from '../../wire/response.js'
import { checkedName } from '../names.js'

/** What one server said of one question. `text` is for people and names the server. */
export type Reply =
  | AddressReply
  | Alias
  | NegativeReply
  /** No answer: the next server may know better. `reason` says more where the code alone would be a riddle. */
  | { readonly kind: 'failure'; readonly outcome: string; readonly reason?: string | undefined }

export interface AddressReply {
  readonly kind: 'addresses'
  readonly addresses: readonly Address[]
  /** The smallest on the chain. */
  readonly ttl: Seconds
  readonly receivedAtMs: Milliseconds
  readonly text: string
}

/** A chain that ends without an address: the end is in another zone, so `target` is asked for next. */
export interface Alias {
  readonly kind: 'alias'
  readonly target: string
  readonly links: number
  readonly ttl: Seconds
  readonly isWeak: boolean
  readonly text: string
}

export interface NegativeReply {
  readonly kind: 'negative'
  readonly rcode: 'NXDOMAIN' | 'NODATA'
  readonly ttl: Seconds
  /** True: not from the server that is listed first, which was not heard. It proves nothing about the name. */
  readonly isWeak: boolean
  readonly text: string
}

/** Who sent a response, and when it came. */
export interface ReplyOrigin {
  readonly server: string
  readonly receivedAtMs: Milliseconds
}

/** More CNAMEs in a row than this are an error; BIND and unbound stop after about as many. */
export const maxLinks = 16
/** RFC 2308 section 5 would have a negative answer without SOA not kept at all; dnsmasq gives none, so: briefly. */
export const ttlWithoutSoa: Seconds = 2
/** As many as any service has, and few enough that no answer fills the cache. */
const maxAddresses = 256
/** Longest text of a step, which stays in the cache. */
const maxText = 200

/** What a response says of the question. Only records that the chain from the question's name reaches count. */
export function interpretResponse({ name, type }: Question, response: Response, origin: ReplyOrigin): Reply {
  if (response.truncated) return { kind: 'failure', outcome: 'truncated' }
  const { rcode } = response
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') return { kind: 'failure', outcome: rcode }
  const chain = followChain(name, response.answers)
  if (chain === undefined) return { kind: 'failure', outcome: 'CNAME loop' }
  const found = rcode === 'NOERROR' ? collect(response.answers, type, chain, origin) : undefined
  if (found !== undefined) return found
  if (rcode === 'NXDOMAIN' || chain.targets.length === 0) {
    const ttl = Math.min(chain.ttl, response.negativeTtl ?? ttlWithoutSoa)
    const word = rcode === 'NXDOMAIN' ? 'NXDOMAIN' : 'NODATA'
    const text = describe(origin, chain, `${word} for ${type} ${chain.end}`)
    return { kind: 'negative', rcode: word, ttl, isWeak: false, text }
  }
  const target = checkedName(chain.end)
  if (target === undefined) return { kind: 'failure', outcome: 'CNAME to an invalid host name' }
  const text = describe(origin, chain, `no ${type}`)
  return { kind: 'alias', target, links: chain.targets.length, ttl: chain.ttl, isWeak: false, text }
}

/** The reply that an alias led to, as the reply to the question itself. */
export function joinLinks(alias: Alias, reply: Reply): Reply {
  if (reply.kind === 'failure') return reply
  const ttl = Math.min(alias.ttl, reply.ttl)
  const text = `${alias.text}; ${reply.text}`
  if (reply.kind === 'addresses') return { ...reply, ttl, text }
  const isWeak = alias.isWeak || reply.isWeak
  if (reply.kind === 'negative') return { ...reply, ttl, text, isWeak }
  return { ...reply, ttl, text, isWeak, links: alias.links + reply.links }
}

interface Chain {
  readonly targets: readonly string[]
  /** Where it ends: the name itself where there is no CNAME. */
  readonly end: string
  /** The smallest on the way; infinite where there is no CNAME. */
  readonly ttl: Seconds
}

/** Undefined for a loop, and for a chain longer than anyone means. */
function followChain(name: string, answers: readonly AnswerRecord[]): Chain | undefined {
  const links = answers.filter(record => record.type === 'CNAME')
  const targets: string[] = []
  let end = name
  let ttl = Infinity
  for (;;) {
    const link = links.find(({ owner }) => owner === end)
    if (link === undefined) return { targets, end, ttl }
    if (targets.length === maxLinks) return undefined
    end = link.target
    ttl = Math.min(ttl, link.ttl)
    targets.push(end)
  }
}

/** The addresses at the end of the chain, undefined without any. */
function collect(
  answers: readonly AnswerRecord[],
  type: Question['type'],
  chain: Chain,
  origin: ReplyOrigin,
): Reply | undefined {
  const family = type === 'A' ? 4 : 6
  const addresses: Address[] = []
  let { ttl } = chain
  for (const record of answers) {
    if (record.type !== type || record.owner !== chain.end || addressVersion(record.address) !== family) continue
    ttl = Math.min(ttl, record.ttl)
    if (addresses.length < maxAddresses) addresses.push({ address: record.address, family })
  }
  if (addresses.length === 0) return undefined
  const { receivedAtMs } = origin
  return { kind: 'addresses', addresses, ttl, receivedAtMs, text: describe(origin, chain, type, addresses) }
}

function describe({ server }: ReplyOrigin, chain: Chain, last: string, addresses: readonly Address[] = []): string {
  const shown = addresses.slice(0, 3).map(({ address }) => `${last} ${address}`)
  const more = addresses.length > shown.length ? [`${addresses.length - shown.length} more`] : []
  const text = [...chain.targets.map(target => `CNAME ${target}`), ...(addresses.length > 0 ? shown : [last]), ...more]
  return `${server}: ${cut(text.join(', '))}`
}

const cut = (text: string) => (text.length > maxText ? `${text.slice(0, maxText)}…` : text)
