/** True for a host name or address of this machine alone, as users write it (`::1`) or as URLs do (`[::1]`). */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}
