/** Times and figures as people read them. */

export function sinceText(sinceUnixMs: number, nowUnixMs: number): string {
  return `since ${durationText(Math.max(0, nowUnixMs - sinceUnixMs))}`;
}

export function durationText(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}

/** `12:03:05` of this computer's day. */
export function clockText(unixMs: number): string {
  return new Date(unixMs).toLocaleTimeString([], { hour12: false });
}

export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function degrees(value: number | null): string {
  return value === null ? '–' : `${value.toFixed(1)}°`;
}
