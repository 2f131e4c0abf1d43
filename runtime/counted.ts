/** A number with what is counted, as people say it: `1 hub`, `2 hubs`. @param many where that is not `one` and an s */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
