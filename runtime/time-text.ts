/** As an operator reads a time: `2027-01-15 08:00:00Z`. */
export function timeText(time: number | null): string {
  return time === null
    ? 'never'
    : new Date(time)
        .toISOString()
        .replace('T', ' ')
        .replace(/\.\d+Z$/, 'Z');
}
