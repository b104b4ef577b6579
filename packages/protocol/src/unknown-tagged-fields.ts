/** A tagged field that the schema does not know (KIP-482): kept as it came, and written out again. */
export interface UnknownTaggedField {
  tag: number
  data: Buffer
}
