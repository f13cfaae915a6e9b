/** Who makes a request or sends a message, and what that lets them do. Pure. */

/** Each may do what those before it may. */
export const ROLES = ['viewer', 'controller', 'admin'] as const;
/** viewer: reads and subscribes. controller: moves targets. admin: changes settings, models and sessions. */
export type Role = (typeof ROLES)[number];

export interface Caller {
  /** Of the token, for people and for the audit log. */
  readonly name: string;
  readonly role: Role;
  /** The only cameras that exist for this caller; null: all do. */
  readonly cameras: readonly string[] | null;
  /** Id of the stored token behind it; null: nothing was checked. */
  readonly tokenId: string | null;
  /** Until when it is valid; null: without end. */
  readonly expiresUnixMs: number | null;
  /** Aborted, with a reason in words, once it may do nothing any more. Null: never. */
  readonly ended: AbortSignal | null;
}

/** Whoever reaches a server that checks no tokens. */
export const ANYBODY: Caller = {
  name: 'anybody',
  role: 'admin',
  cameras: null,
  tokenId: null,
  expiresUnixMs: null,
  ended: null,
};

/** May it do what takes this role? */
export function hasRole({ role }: Caller, needed: Role | 'public'): boolean {
  return needed === 'public' || ROLES.indexOf(role) >= ROLES.indexOf(needed);
}

/** Does this camera exist for the caller? */
export function seesCamera({ cameras }: Caller, camera: string): boolean {
  return cameras === null || cameras.includes(camera);
}
