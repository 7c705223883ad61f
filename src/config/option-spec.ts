/** What an option may hold. Docs, `check-config`, the example's test and the checks all come from tables of these. */
export interface OptionSpec {
  readonly type:
    'boolean' | 'integer' | 'number' | 'choice' | 'text' | 'path' | 'url' | 'list' | 'bandwidth' | 'duration'
  /** text the option has before the file is read, so that it hides one in [DEFAULT] and can be referred to */
  readonly default?: string
  /** text used when neither the section nor [DEFAULT] sets the option */
  readonly fallback?: string
  readonly required?: true
  readonly choices?: readonly string[]
  /** choices may be written in any case; they are converted to this one */
  readonly foldCase?: 'upper' | 'lower'
  /** a word that an integer may be instead */
  readonly word?: string
  /** what a text must look like, and that in words */
  readonly pattern?: { readonly test: RegExp; readonly words: string }
  readonly min?: number
  readonly max?: number
  /** URL schemes */
  readonly schemes?: readonly string[]
  /** new in this program: bandersnatch 8.0 ignores it */
  readonly added?: true
  readonly doc: string
}

/** Options by name; a `*` at the end of a name stands for any name that begins so. */
export type OptionTable = Readonly<Record<string, OptionSpec>>

/**
 * What an option changes of what is served of a project:
 * - `pages`: the pages and where they are; the files stay;
 * - `files`: which files are stored, and so the pages that name them;
 * - `documents`: the JSON metadata document.
 */
export type Shape = 'pages' | 'files' | 'documents'

/** An option of [mirror] must say what it shapes: an edit of such an option makes every project's pages outdated. */
export interface MirrorOptionSpec extends OptionSpec {
  /** false: an edit changes nothing of what is served of a project */
  readonly shapes: Shape | false
  /** newer than the ledger: shapes do not name it while it has its default, so that an upgrade is no edit */
  readonly later?: true
}

export interface SectionSpec {
  readonly doc: string
  readonly options: OptionTable
}

/** The options that one plugin reads, by section. */
export type PluginOptions = Readonly<Record<string, OptionTable>>

/** The plugins that there are, each with the options that it reads, in the order in which their filters are asked. */
export type PluginTable = Readonly<Record<string, PluginOptions>>
