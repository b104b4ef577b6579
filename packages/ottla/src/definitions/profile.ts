import type { Command } from 'commander'
import type { OutputOptions } from '../output/write-rows.ts'
import type { Shell } from '../shell/shell.ts'

/** `ottla profile …` */
export function addProfile(program: Command, shell: Shell): void {
  const profile = program.command('profile').description('give clusters names, and choose one')
  profile
    .command('add <name> <host:port>')
    .description('name a cluster, or change what a name stands for; the first one is used at once')
    .option('--use', 'use it from now on')
    .addHelpText('after', addHelp)
    .action(async (name: string, servers: string, options: { readonly use?: boolean }) => {
      const { profileAdd } = await import('../commands/profile.ts')
      await profileAdd(shell, name, servers, options)
    })
  profile
    .command('list')
    .description('list the clusters that have names')
    .option('-j, --json', 'an object a line, for programs')
    .addHelpText('after', '\nExamples:\n  ottla profile list')
    .action(async (options: OutputOptions) => {
      const { profileList } = await import('../commands/profile.ts')
      await profileList(shell, options)
    })
  profile
    .command('use <name>')
    .description('use this cluster where a command names none')
    .addHelpText('after', '\nExamples:\n  ottla profile use prod')
    .action(async (name: string) => {
      const { profileUse } = await import('../commands/profile.ts')
      await profileUse(shell, name)
    })
  profile
    .command('remove <name>')
    .description('forget a name')
    .addHelpText('after', '\nExamples:\n  ottla profile remove prod')
    .action(async (name: string) => {
      const { profileRemove } = await import('../commands/profile.ts')
      await profileRemove(shell, name)
    })
}

const addHelp = `
Profiles are kept in $XDG_CONFIG_HOME/ottla/profiles.json, or ~/.config/ottla/profiles.json. A command asks
the brokers of --bootstrap-server; else of the profile that --profile, OTTLA_PROFILE or \`ottla profile use\`
names; else localhost:9092.

Examples:
  ottla profile add prod kafka1:9092,kafka2:9092
  ottla topics list --profile prod`
