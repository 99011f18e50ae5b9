import type { Socket } from 'node:net'

type Method = (...args: unknown[]) => unknown

/**
 * Calls `afterwards` each time the client has called that method of the socket, until what it returns is called. Then
 * the socket is as before, unless somebody wrapped the method meanwhile: theirs leads here, and on to the socket's own.
 */
export function replaceMethod(socket: Socket, name: 'end' | 'unref', afterwards: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(socket, name)
  const original = Reflect.get(socket, name) as Method
  let isReplaced = true
  const value: Method = (...args) => {
    const result = Reflect.apply(original, socket, args)
    if (isReplaced) afterwards()
    return result
  }
  Object.defineProperty(socket, name, { value, writable: true, configurable: true, enumerable: false })
  return () => {
    isReplaced = false
    if (Object.getOwnPropertyDescriptor(socket, name)?.value !== value) return
    if (own === undefined) Reflect.deleteProperty(socket, name)
    else Object.defineProperty(socket, name, own)
  }
}
