export interface GoldenUpstream {
  readonly url: string
  readonly ca: string | undefined
  requests: Record<string, number>
  setState(state: string): void
  clearRequests(): void
  close(): Promise<void>
}
export function startUpstream(
  directory: string,
  options: { readonly state?: string; readonly tls?: boolean },
): Promise<GoldenUpstream>
