// Packages that a process does not need before its first look-up. They are loaded when they are first used, because they
// would take longer to load than all the rest. In the built package `require` is CommonJS' own, which bundlers follow; the
// sources are ES modules, which have none.
import { createRequire } from 'node:module'
import type DnsPacket from 'dns-packet'
import type * as LruCache from 'lru-cache'

const isCommonJs = typeof require === 'function'

export const loadDnsPacket = once(
  () => (isCommonJs ? require('dns-packet') : createRequire(import.meta.url)('dns-packet')) as typeof DnsPacket,
)

export const loadLruCache = once(
  () => (isCommonJs ? require('lru-cache') : createRequire(import.meta.url)('lru-cache')) as typeof LruCache,
)

/** The load, which happens at the first call only. */
export function once<Module>(load: () => Module): () => Module {
  let module: Module | undefined
  return () => (module ??= load())
}
