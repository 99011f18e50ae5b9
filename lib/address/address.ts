/** The version of an IP address. */
export type Family = 4 | 6

/** An IP address that `net.isIP` accepts, with its version. */
export interface Address {
  readonly address: string
  readonly family: Family
}
