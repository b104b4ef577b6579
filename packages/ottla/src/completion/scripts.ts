/** A shell that can complete. */
export type CompletedShell = 'bash' | 'zsh' | 'fish'

/**
 * What a shell runs to complete `ottla`'s command line: it asks `ottla complete` with the words up to the
 * cursor, which answers with a candidate a line. Where there are none, files are offered.
 */
export const completionScripts: Readonly<Record<CompletedShell, string>> = {
  // COMP_WORDBREAKS has ':' and '=', which cut words like letters:0 apart: only a word's last piece is ours.
  bash: `_ottla() {
  local line="\${COMP_LINE:0:COMP_POINT}" words IFS=$' \\t\\n'
  read -ra words <<<"$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  local current="\${words[\${#words[@]}-1]}" piece="\${COMP_WORDS[COMP_CWORD]}"
  local kept="\${current%"$piece"}" candidate
  COMPREPLY=()
  while IFS= read -r candidate; do
    [[ "$candidate" == "$current"* ]] && COMPREPLY+=("\${candidate#"$kept"}")
  done < <("\${words[0]}" complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _ottla ottla
`,
  zsh: `#compdef ottla
_ottla() {
  local -a candidates
  candidates=("\${(@f)$("\${words[1]}" complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  candidates=(\${candidates:#})
  if (( \${#candidates} )); then compadd -a candidates; else _files; fi
}
compdef _ottla ottla
`,
  fish: `function __ottla_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  command $words[1] complete -- $words[2..-1] "$current" 2>/dev/null
end
complete -c ottla -a '(__ottla_complete)'
`,
}
