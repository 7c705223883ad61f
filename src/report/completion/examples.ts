/** A command line without the program's name, and what it is for. */
export type Example = readonly [string, string]

/** By command: `--help`, the manual page and the tests read them here. */
export const EXAMPLES: Readonly<Record<string, readonly Example[]>> = {
  mirror: [
    ['mirror', 'what cron and systemd run'],
    ['mirror --dry-run --quick', 'which projects it would sync'],
    ['mirror --dry-run --json', 'with files and bytes, as data'],
    ['mirror --explain requests', 'which filter decides, what is owed'],
    ['mirror --retry-failed', 'after an outage of upstream'],
    ['mirror --force-check', 'compare everything with upstream'],
  ],
  sync: [
    ['sync requests flask', 'these two, now'],
    ['sync --dry-run requests', 'what that would fetch'],
  ],
  verify: [
    ['verify', 'check and repair everything'],
    ['verify --delete --dry-run', 'list what no page names'],
    ['verify --delete', 'remove it'],
  ],
  delete: [
    ['delete --dry-run flask', 'what would go'],
    ['delete flask', 'remove all of it'],
  ],
  'check-config': [
    ['check-config', 'before the first run, after each edit'],
    ['check-config --offline', 'without asking anybody'],
  ],
  status: [
    ['status', 'what the mirror holds, what fails'],
    ['status --online', 'and how far it is behind'],
    ['status --html status.html', 'as a page with charts'],
  ],
  advisories: [
    ['advisories', 'what the mirror blocks, and why'],
    ['advisories --all --json', 'all that the database names, as data'],
  ],
  closure: [
    ['closure', 'what is needed, with sizes'],
    ['closure --why idna', 'which requirements lead to it'],
  ],
  environments: [
    ['environments', 'the line for this machine'],
    ['environments "cp313 win_amd64"', 'what a definition means'],
  ],
  serve: [
    ['serve --port 8080', 'for this machine'],
    ['serve --host 0.0.0.0', 'for the network'],
  ],
  completion: [
    ['completion bash > bandersnatch', 'for /etc/bash_completion.d'],
    ['completion zsh > _bandersnatch', 'for a directory of $fpath'],
    ['completion fish > bandersnatch.fish', 'for fish/completions'],
    ['completion man > bandersnatch.1', 'for man'],
  ],
}
