/** How a part of the way is: `idle` is one that was not gone, because the way breaks before it. */
export type State = 'idle' | 'ok' | 'warn' | 'fail'

/** A box of the picture; several brokers may share a rule or an endpoint. */
export interface Box {
  readonly column: number
  /** In lines that fit. */
  readonly title: readonly string[]
  readonly detail: readonly string[]
  state: State
  /** Of the servers whose way leads through it. */
  readonly rows: number[]
  /** The middle, from the top. */
  y: number
}

/** A line between two boxes; several brokers' ways may share it. */
export interface Line {
  readonly from: Box
  readonly to: Box
  state: State
}

const order: readonly State[] = ['idle', 'ok', 'warn', 'fail']

export const worse = (one: State, other: State): State => (order.indexOf(one) < order.indexOf(other) ? other : one)

/** What is at the key; `made` where nothing was. */
export function obtain<Part>(parts: Map<string, Part>, key: string, made: Part): Part {
  const part = parts.get(key) ?? made
  parts.set(key, part)
  return part
}

/** Puts each box as near as can be to the middle of its rows, none over another. There are as many rows as boxes at least. */
export function spread(boxes: readonly Box[], rows: number, rowHeight: number, top: number): void {
  const wanted = ({ rows: own }: Box) => top + ((Math.min(...own) + Math.max(...own) + 1) * rowHeight) / 2
  const sorted = boxes.toSorted((a, b) => wanted(a) - wanted(b))
  let least = top + rowHeight / 2
  for (const box of sorted) {
    box.y = Math.max(wanted(box), least)
    least = box.y + rowHeight
  }
  let most = top + rows * rowHeight - rowHeight / 2
  for (const box of sorted.toReversed()) {
    box.y = Math.min(box.y, most)
    most = box.y - rowHeight
  }
}

/** The text in lines of at most `most` characters, broken after a dot, a hyphen, a slash or a blank where there is one. */
export function breakName(text: string, most: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const part of text.split(/(?<=[.\-/ ])/)) {
    if (line !== '' && line.length + part.length > most) {
      lines.push(line)
      line = ''
    }
    line += part
    while (line.length > most) {
      lines.push(line.slice(0, most))
      line = line.slice(most)
    }
  }
  return line === '' ? lines : [...lines, line]
}
