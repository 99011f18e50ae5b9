/** What a server is asked: one name and type, of class IN. */
export interface Question {
  /** An absolute host name that `checkName` accepts, without trailing dot, in lower case. */
  readonly name: string
  readonly type: 'A' | 'AAAA'
}
