import tseslint from 'typescript-eslint'

/** Files with functions of more than 15 branches, and why they are not split. */
const COMPLEX = {
  'src/closure/archive/tar.ts': 'one branch for each kind of entry',
  'src/closure/locks/toml.ts': 'one branch for each kind of token',
  'src/packaging/platform-tags.ts': 'one branch for each kind of platform',
  'test/closure/archives.ts': 'one branch for each field that a test may falsify',
  'src/log/python/format.ts': 'one branch for each conversion of Python’s % operator',
  'src/config/bandwidth.ts': 'one branch for each way in which a timetable can be wrong',
  'src/mirror/{delete,dry-run}.ts': 'one branch for each thing that can be missing of a project',
  'src/mirror/plan/{make-plan,plan-run}.ts': 'one branch for each source of a plan',
  'src/config/values.ts': 'one branch for each type of option',
  'src/mirror/run/{next-entry,work-result}.ts': 'one branch for each outcome',
  'src/mirror/state/{adopt,ledger-entry}.ts': 'one branch for each field that may be missing',
  'src/mirror/verify/{check-project,source}.ts': 'one branch for each way in which a project can be damaged',
  'src/storage/s3/check.ts': 'one branch for each thing that S3 may tell of an object',
  'test/e2e/soak/ledger-upstream.ts': 'one branch for each kind of change',
  'test/upstream/concurrency.test.ts': 'a simulated network',
  'src/packaging/specifier.ts': 'one branch for each operator of PEP 440',
  'src/python/regex/machine.ts': 'the inner loop of the engine: one branch for each instruction',
  'src/python/regex/parse.ts': 'one branch for each construct of the pattern language',
  'src/python/timestamp.ts': 'one branch for each field of a date',
  'src/serve/route.ts': 'one branch for each kind of path',
  'src/storage/filesystem/check.ts': 'one branch for each way in which a file can be wrong',
  'src/upstream/list-scanner.ts': 'reads 40 MB byte by byte: a call for each state costs time',
  'test/e2e/soak/hostile.ts': 'one branch for each kind of hostile answer',
  'test/e2e/soak/inspect.ts': 'one branch for each thing that can be wrong with a mirror',
  'test/helpers/golden/edit.ts': 'one branch for each kind of edit',
  'test/helpers/index/answer.ts': 'one branch for each kind of path',
}

/** Files with functions of more than three parameters, and why. */
const MANY_PARAMETERS = {
  'src/closure/locks/requirement-lines.ts': 'the callback of String.replace',
  'src/closure/locks/types.ts': 'an error with its cause',
  'bench/checks.ts': 'rows of a table',
  'src/config/config-file.ts': 'to be reduced',
  'src/errors.ts': 'to be reduced',
  'src/filters/apply.ts': 'to be reduced',
  'src/log/python/{config,handlers,targets}.ts': 'the arguments of what they imitate in Python',
  'src/mirror/state/name-table.ts': 'an inner loop over ranges of bytes',
  'src/packaging/requirement-quoted.ts': 'the callback of String.replace',
  'src/python/glob.ts': 'a recursive walk with its position',
  'src/python/json/reformat.ts': 'an inner loop over ranges of two texts',
  'src/python/regex/machine.ts': 'the inner loop of the engine',
  'src/report/check/space.ts': 'to be reduced',
  'src/serve/route.ts': 'to be reduced',
  'src/storage/filesystem/{lock,write}.ts': 'to be reduced',
  'src/storage/s3/{lock-object,objects}.ts': 'to be reduced',
  'src/upstream/http/{body,exchange,follow}.ts': 'to be reduced',
  'src/upstream/rpc-value.ts': 'an inner loop over ranges of bytes',
  'test/**': 'rows of tables, and callbacks of vitest’s each',
}

/** Turns a rule off for the files of a list. */
const except = (rule, list) => ({ files: Object.keys(list), rules: { [rule]: 'off' } })

export default tseslint.config(
  {
    ignores: ['dist/', 'dist-tools/', 'node_modules/', 'coverage/', 'reports/', '.stryker-tmp/', 'test/fixtures/'],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      complexity: ['error', 15],
      '@typescript-eslint/max-params': ['error', { max: 3 }],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // The Storage and Upstream interfaces are asynchronous; the filesystem answers at once.
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  except('complexity', COMPLEX),
  except('@typescript-eslint/max-params', MANY_PARAMETERS),
)
