import type { Fallback, SplitDnsMap, Unmapped } from '../map/types.js'

/** What becomes of live connections whose address has gone out of use. */
export type OnMove = 'keep' | 'reconnect'

/**
 * The options as a caller writes them: the text of the variable, or a natural JavaScript form. Choices are typed by their
 * words. The comments are what an editor shows; a test holds them against the option table.
 */
export interface OptionInputs {
  /**
   * Rules in one line: `PATTERN=TARGET`, several targets by `|`, rules by comma or newline. Variable:
   * `KAFKA_SPLIT_DNS_MAP`.
   */
  readonly map?: string | SplitDnsMap | undefined
  /** A YAML or JSON file with the map. Variable: `KAFKA_SPLIT_DNS_MAP_FILE`. */
  readonly mapFile?: string | undefined
  /** An `https://` URL that serves the map (`http://` to loopback only). Variable: `KAFKA_SPLIT_DNS_MAP_URL`. */
  readonly mapUrl?: string | URL | undefined
  /** How often the URL is asked again. Variable: `KAFKA_SPLIT_DNS_MAP_POLL_S`. Default: 60 s. */
  readonly mapPollS?: number | string | undefined
  /** Comma list of the map's profiles that apply here. Variable: `KAFKA_SPLIT_DNS_PROFILE`. */
  readonly profile?: string | readonly string[] | undefined
  /**
   * Comma list of `IP[:port]`, `udp://`, `tcp://`, `tls://host`, `https://host/dns-query`, `system`. Variable:
   * `KAFKA_SPLIT_DNS_NAMESERVERS`. Default: resolv.conf's on Linux, else `system`.
   */
  readonly nameservers?: string | readonly string[] | undefined
  /**
   * When no nameserver answers for a target: `system` (getaddrinfo on the target), `original` (also on the broker's
   * own name), `none`. Variable: `KAFKA_SPLIT_DNS_FALLBACK`. Default: `system`.
   */
  readonly fallback?: Fallback | undefined
  /**
   * Names that no rule matches: `system` (exactly Node's own look-up) or `refuse`. Variable:
   * `KAFKA_SPLIT_DNS_UNMAPPED`. Default: `system`.
   */
  readonly unmapped?: Unmapped | undefined
  /** CIDR list: an address outside it, for a mapped name, is refused. Variable: `KAFKA_SPLIT_DNS_ALLOW`. */
  readonly allow?: string | readonly string[] | undefined
  /** This client's availability zone, as the map's keys call it. Variable: `KAFKA_SPLIT_DNS_ZONE`. */
  readonly zone?: string | undefined
  /** 4, 6, or 0 for both. Variable: `KAFKA_SPLIT_DNS_FAMILY`. Default: `0`. */
  readonly family?: 0 | 4 | 6 | '0' | '4' | '6' | undefined
  /** The whole of one look-up. Variable: `KAFKA_SPLIT_DNS_TIMEOUT_MS`. Default: 600 ms. */
  readonly timeoutMs?: number | string | undefined
  /**
   * How long one nameserver is waited for before the next is asked as well. Variable: `KAFKA_SPLIT_DNS_ATTEMPT_MS`.
   * Default: 200 ms.
   */
  readonly attemptMs?: number | string | undefined
  /** How long one address is tried before the next. No variable. Default: 150 ms. */
  readonly connectAttemptMs?: number | string | undefined
  /**
   * Live connections whose address has gone out of use: `keep` or `reconnect`. Variable: `KAFKA_SPLIT_DNS_ON_MOVE`.
   * Default: `keep`.
   */
  readonly onMove?: OnMove | undefined
  /** How many names the cache holds; 0: none. Variable: `KAFKA_SPLIT_DNS_CACHE_MAX`. Default: 1000 names. */
  readonly cacheMax?: number | string | undefined
  /** A shorter TTL is raised to this. Variable: `KAFKA_SPLIT_DNS_MIN_TTL`. Default: 0 s. */
  readonly minTtl?: number | string | undefined
  /** A longer TTL is cut to this; 0: nothing is cached. Variable: `KAFKA_SPLIT_DNS_MAX_TTL`. Default: 3600 s. */
  readonly maxTtl?: number | string | undefined
  /** How long NXDOMAIN and NODATA are kept at most. Variable: `KAFKA_SPLIT_DNS_NEGATIVE_TTL`. Default: 5 s. */
  readonly negativeTtl?: number | string | undefined
  /**
   * How long an expired answer may still serve when every upstream fails; 0: never. Variable:
   * `KAFKA_SPLIT_DNS_STALE`. Default: 86400 s.
   */
  readonly stale?: number | string | undefined
  /**
   * `1`, `true`, `yes` or `on`: exactly kafkajs' own behaviour; nothing else is then read. Variable:
   * `KAFKA_SPLIT_DNS_DISABLE`.
   */
  readonly disable?: boolean | string | undefined
}
