/** A table of the map. Keys are in lower case, values as targets hold them. */
export interface Table {
  readonly name: string
  readonly values: ReadonlyMap<string, string>
}
