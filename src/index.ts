export { ConfigError, errorCodes, isSplitDnsError, SplitDnsError } from './errors.js'
export type { Fault, SplitDnsErrorCode } from './errors.js'
export { parseMap } from './map/parse.js'
export type { ParseMapOptions } from './map/parse.js'
export type { MapRule, RuleTarget, SplitDnsMap } from './map/types.js'
export type { Action, Route, Target } from './map/types.js'
export { createSplitDns } from './split-dns.js'
export type { SplitDns, SplitDnsOptions, Stats } from './split-dns.js'
export { createSocketFactory } from './shared.js'
export type { SplitDnsSocketFactory } from './shared.js'
export type { ConnectTrace, LookupTrace } from './connect/report/traces.js'
export type { Lookup } from './connect/lookup.js'
export type { Resolution, Resolve, ResolvedAddress } from './connect/resolve.js'
export type { SocketFactory } from './connect/socket-factory.js'
export type {
  AskedBroker,
  ConnectPayload,
  LookupPayload,
  RefusedPayload,
  StalePayload,
  Tried,
} from './connect/report/events.js'
export type {
  QueryPayload,
  QuestionOutcome,
  QuestionsPayload,
  RelayPayload,
  ReloadErrorPayload,
  ReloadPayload,
  SplitDnsEvents,
} from './observe/events.js'
export type { Logger } from './observe/log.js'
export type { RelayMode, ServeOptions } from './serve/options.js'
export type { PodServer } from './serve/pod-server.js'
