/** What a message says where a value seems to end with a comment: the dialect has none behind a value. */
export const COMMENT_HINT = 'a comment needs its own line'

/**
 * The text before ` # …` or ` ; …`, as a configparser with inline_comment_prefixes reads it; undefined where there is no
 * such comment.
 */
export function beforeComment(text: string): string | undefined {
  return /^([^\n]*?\S)\s+[#;][^\n]*$/.exec(text)?.[1]
}
