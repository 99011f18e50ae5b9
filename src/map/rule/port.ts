/** Where the `:` before a port stands in `HOST:PORT`, braces passed over; -1 where there is none. */
export function findPort(text: string): number {
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    const character = text.charAt(index)
    if (character === '{') depth++
    else if (character === '}') depth--
    else if (character === ':' && depth <= 0) return index
  }
  return -1
}

/** True for what a connection can be made to. */
export const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535
