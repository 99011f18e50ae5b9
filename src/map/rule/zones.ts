/** Something with a zone. */
interface Zoned {
  readonly zone: string | null
}

let processSeed: number | undefined

/** A number that stays the same for the life of the process, so that zones keep their order over reloads. */
export function zoneSeed(random?: () => number): number {
  const draw = (source: () => number) => Math.floor(source() * 2 ** 32) >>> 0
  return random === undefined ? (processSeed ??= draw(Math.random)) : draw(random)
}

/**
 * The targets of a map by zone in the order in which they are tried: those of the own zone first, the others as written. If
 * none is of the own zone, they are shuffled by zone, in the same way for every rule that names the same zones.
 */
export function orderByZone<T extends Zoned>(
  targets: readonly T[],
  own: string | undefined,
  seed: number,
): readonly T[] {
  const isOwn = ({ zone }: T) => own !== undefined && zone?.toLowerCase() === own.toLowerCase()
  if (targets.some(isOwn)) return [...targets.filter(isOwn), ...targets.filter(target => !isOwn(target))]
  const hashOf = ({ zone }: T) => mix(zone?.toLowerCase() ?? '', seed)
  return targets.toSorted((a, b) => hashOf(a) - hashOf(b))
}

// FNV-1a, then murmur's last mixing, so that near seeds and near names lie far apart.
function mix(text: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
