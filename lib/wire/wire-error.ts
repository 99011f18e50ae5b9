/**
 * What a packet or a name did wrong. `mismatch`: it is no response to this question (another id, another question, a
 * query), so over UDP it may be a forgery and waiting goes on. `malformed`: it claims to be the response and can't be
 * read. `name`: the text is no host name.
 */
export type WireFault = 'mismatch' | 'malformed' | 'name'

/** Bytes or a name that can't be used; the only error that this folder's functions throw. */
export class WireError extends Error {
  override readonly name = 'WireError'
  readonly fault: WireFault
  /** Where in the packet (octets) or name (UTF-16 code units) it was noticed. */
  readonly offset: number

  constructor(fault: WireFault, message: string, offset: number) {
    super(`${message} at offset ${offset}`)
    this.fault = fault
    this.offset = offset
  }
}
