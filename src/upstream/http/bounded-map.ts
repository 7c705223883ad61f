/** Deletes the oldest entries until there are at most so many: memory for what an upstream can name without end. */
export function evictOldest<K>(map: Map<K, unknown>, most: number): void {
  for (const key of map.keys()) {
    if (map.size <= most) return
    map.delete(key)
  }
}
