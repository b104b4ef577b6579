/** An int64 as decoded messages hold it: a number when that is exact, otherwise a bigint. Writers take both. */
export type Int64 = number | bigint
