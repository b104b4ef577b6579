import { Argument, type Command } from 'commander'
import type { CompletedShell } from '../completion/scripts.ts'
import type { Shell } from '../shell/shell.ts'

/** `ottla completion`, and what its scripts call. */
export function addCompletion(program: Command, shell: Shell): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'which shell').choices(['bash', 'zsh', 'fish']))
    .description('write a script that lets a shell complete commands, options, topics and groups')
    .addHelpText('after', completionHelp)
    .action(async (name: CompletedShell) => {
      const { completionScripts } = await import('../completion/scripts.ts')
      await shell.write(completionScripts[name])
    })
  program
    .command('complete [words...]', { hidden: true })
    .description('what may stand behind these words; for the scripts of `ottla completion`')
    .action(async (words: string[]) => {
      const { complete } = await import('../commands/complete.ts')
      await complete(shell, program, words)
    })
}

const completionHelp = `
Examples:
  source <(ottla completion bash)                                  in ~/.bashrc
  source <(ottla completion zsh)                                   in ~/.zshrc, after compinit
  ottla completion fish > ~/.config/fish/completions/ottla.fish`
