/** What the writers write to and the group reads. */
export const LETTERS = 'letters'
export const LETTERS_PARTITIONS = 3
export const READERS = 'readers'
