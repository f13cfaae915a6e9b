/** The entry of the audit log for a request that changes something. */
import type { AuditLog } from '../access/audit.ts';
import { contextOf } from './context.ts';

export function auditRequest(audit: AuditLog, request: Request, { ok, status }: Response): void {
  const { id, address, caller, change } = contextOf(request);
  if (!change) return;
  const { route, camera, session, details } = change;
  audit.record({
    request_id: id,
    caller: caller?.name ?? 'nobody',
    role: caller?.role ?? null,
    address,
    action: `${request.method} ${route}`,
    ...(camera === undefined ? {} : { camera }),
    ...(session === undefined ? {} : { session }),
    ...(details && Object.keys(details).length > 0 ? { details } : {}),
    outcome: ok ? 'ok' : String(status),
  });
}
