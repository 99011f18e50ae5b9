const mark: unique symbol = Symbol.for('kafka-split-dns.own-socket')

/**
 * Stands in the connect options of each TCP and TLS socket that this client opens, so that who wraps
 * `net.Socket.prototype.connect` can let them pass. `Symbol.for`: an ESM and a CommonJS copy may live in one process.
 */
export const ownSocket = { [mark]: true } as const

/** True for the connect options of a socket that this client opens. */
export const isOwnSocket = (options: object): boolean => mark in options
