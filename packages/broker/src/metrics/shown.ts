/** The label of what is not shown by name. No topic and, with the blank, hardly a group is called so. */
export const OTHERS = '(all others)'
