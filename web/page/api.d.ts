/** The HTTP API: made by `bun run schemas` of what the routes say of themselves. */
export interface Api {
  /** Remove a camera: its session ends, its file becomes a backup. */
  'DELETE /graphs/{camera}': { path: { camera: string }; answer: { deleted: true; camera_id: string; backup: string | null } };
  /** Delete an uploaded model. */
  'DELETE /models/{name}': { path: { name: string }; answer: { deleted: true; name: string } };
  /** Stop a session. */
  'DELETE /sessions/{id}': { path: { id: string }; answer: { deleted: true; session_id: string } };
  /** The peer is gone. */
  'DELETE /sessions/{id}/whep/{viewer}': { path: { id: string; viewer: string }; answer: undefined };
  /** The page. */
  'GET /': { answer: undefined };
  /** The cameras of all graphs. */
  'GET /cameras': { answer: { cameras: ({ camera_id: string; graph: string; session_id: string | null; view_url?: string; site?: { lat: number; lon: number; height_m: number; heading_deg: number; tilt_deg?: number; hfov_deg?: number } })[] } };
  /** Client library for browsers. */
  'GET /client.d.ts': { answer: undefined };
  /** Client library for browsers. */
  'GET /client.js': { answer: undefined };
  /** Events of all sessions, as server-sent events. */
  'GET /events/stream': { query: { topics?: string; camera_id?: string }; answer: undefined };
  /** The graphs of all cameras. */
  'GET /graphs': { answer: { graphs: ({ camera_id: string; file: string; persisted: boolean; etag: string })[] } };
  /** The graph of a camera as YAML, with changes that are not persisted. */
  'GET /graphs/{camera}': { path: { camera: string }; answer: string };
  /** Is the process alive? */
  'GET /healthz': { answer: { status: "ok" } };
  /** What the tracker thought in a past stretch, in the form of a recording: play it with `bun run replay`. */
  'GET /history/replay': { query: { camera_id: string; after: string; before: string }; answer: undefined };
  /** Who is logged in, for a page that does not know yet whether a log-in is needed. */
  'GET /login': { answer: { who: { name: string; role: "viewer" | "controller" | "admin"; cameras: (string)[] | null; login: boolean } | null } };
  /** Figures of all cameras, for Prometheus. */
  'GET /metrics': { answer: undefined };
  /** The models that graphs find by name. */
  'GET /models': { answer: { models: ({ name: string; size: number; type: "onnx"; modified_at: string; active: boolean; classes: (string)[]; used_by: (string)[]; uploaded: boolean; family: string | null; input_size: { w: number; h: number } | null; licence: string | null; error: { code: string; message: string } | null })[] } };
  /** One model. */
  'GET /models/{name}': { path: { name: string }; answer: { name: string; size: number; type: "onnx"; modified_at: string; active: boolean; classes: (string)[]; used_by: (string)[]; uploaded: boolean; family: string | null; input_size: { w: number; h: number } | null; licence: string | null; error: { code: string; message: string } | null; inspection: { certainty: string; why: string; layout: string; not_read: string | null; input: unknown; outputs: ({ name: string; type: string; dims: (number | string)[] })[]; labels: { names: (string)[]; source: string; assumed: boolean }; nms_iou: number | null; confidence: number; metadata: Record<string, string> } | null } };
  /** This description as a page. */
  'GET /openapi': { answer: undefined };
  /** This description for programs. */
  'GET /openapi/json': { answer: { openapi: string; info: { title: string; version: string; description: string }; paths: Record<string, unknown> } };
  /** Style of the page. */
  'GET /page.css': { answer: undefined };
  /** Script of the page. */
  'GET /page.js': { answer: undefined };
  /** Client library for browsers. */
  'GET /player.d.ts': { answer: undefined };
  /** Client library for browsers. */
  'GET /player.js': { answer: undefined };
  /** Do all sessions deliver frames? */
  'GET /readyz': { answer: { ready: boolean; reasons: ({ session_id: string; camera_id: string; code: string; message: string; since_unix_ms: number })[]; warnings: ({ file: string; code: string; message: string; since_unix_ms: number })[] } };
  /** Where the replay is. */
  'GET /replay': { answer: { file: string; start_unix_ms: number; duration_ms: number; position_ms: number; speed: number; playing: boolean; loop: boolean; over: boolean; video: { path: string; start_unix_ms: number } | null } };
  /** The clip that was recorded beside it. */
  'GET /replay/video': { answer: undefined };
  /** All sessions. */
  'GET /sessions': { answer: { sessions: ({ session_id: string; camera_id: string; ws_path: string; running: boolean; selected_target_id: number | null; tracking_phase: "idle" | "searching" | "tracking" | "lost"; last_tick_ts_unix_ms: number | null; state: "starting" | "running" | "restarting" | "ended" | "failed" | "stopped"; fault: { code: string; message: string; since_unix_ms: number } | null; started_unix_ms: number; restarts: number; frames: { decoded: number; processed: number; dropped: number; in_flight: number }; fps: { in: number; out: number }; latency_ms: { inference_p50: number | null; end_to_end_p50: number | null; end_to_end_p99: number | null }; tracks: number; progress: number | null; nodes: Record<string, Record<string, number | string>> })[] } };
  /** One session. */
  'GET /sessions/{id}': { path: { id: string }; answer: { session_id: string; camera_id: string; ws_path: string; running: boolean; selected_target_id: number | null; tracking_phase: "idle" | "searching" | "tracking" | "lost"; last_tick_ts_unix_ms: number | null; state: "starting" | "running" | "restarting" | "ended" | "failed" | "stopped"; fault: { code: string; message: string; since_unix_ms: number } | null; started_unix_ms: number; restarts: number; frames: { decoded: number; processed: number; dropped: number; in_flight: number }; fps: { in: number; out: number }; latency_ms: { inference_p50: number | null; end_to_end_p50: number | null; end_to_end_p99: number | null }; tracks: number; progress: number | null; nodes: Record<string, Record<string, number | string>> } };
  /** What the autotracker does, and why not. */
  'GET /sessions/{id}/autotrack': { path: { id: string }; answer: { schema: "drone-ptz-autotrack/1"; type: "autotrack_state"; session_id: string; camera_id: string; ts_unix_ms: number; enabled: boolean; active: boolean; reason: { code: string; message: string } | null; state: "off" | "idle" | "calibrating" | "following" | "settling" | "resting" | "holding" | "searching" | "returning" | "fault"; target_id: number | null; selected_by: "operator" | "graph" | null; rung: "velocity" | "absolute" | "relative" | "relative-fov" | null; verified: boolean; stops_by_itself: "yes" | "no" | "unverified" | "guardian"; rejected: ({ rung: "velocity" | "absolute" | "relative" | "relative-fov"; reason: string })[]; notes: (string)[]; calibration: { state: "none" | "running" | "done" | "failed"; repeatability: number | null; at_unix_ms: number | null; delay_ms: number | null; pan_deg_per_s: number | null; tilt_deg_per_s: number | null }; commands_per_s: number | null; error_share: number | null } };
  /** Where capture times come from, and how good they are. */
  'GET /sessions/{id}/clock': { path: { id: string }; answer: { schema: "drone-ptz-clock/1"; type: "clock_state"; session_id: string; camera_id: string; ts_unix_ms: number; basis: "absolute" | "timestamps" | "arrival"; error_ms: number; skew_ppm: number; media_zero_unix_ms?: number } };
  /** Events of a session, as server-sent events. */
  'GET /sessions/{id}/events/stream': { path: { id: string }; query: { topics?: string }; answer: undefined };
  /** Nodes, workers and links of the graph that it runs. */
  'GET /sessions/{id}/graph': { path: { id: string }; answer: { nodes: ({ id: string; use: string; worker: string })[]; links: ({ from: string; output: string; to: string; input: string; kind: string })[] } };
  /** The latest tick as an ONVIF scene description: a tt:MetadataStream document; with `accept: application/json`, as JSON. */
  'GET /sessions/{id}/onvif': { path: { id: string }; answer: { Frame: (unknown)[] } };
  /** Keep the picture ready as MP4, for one viewer: an answer without end. */
  'GET /sessions/{id}/preview.mp4': { path: { id: string }; answer: undefined };
  /** How the camera and its session do, once a second. */
  'GET /sessions/{id}/stats': { path: { id: string }; answer: { schema: "drone-ptz-stats/1"; type: "camera_stats"; session_id: string; camera_id: string; ts_unix_ms: number; camera_fps: number; process_fps: number; skipped_fps: number; detection_fps: number; inference_speed: number | null; connection_quality: "excellent" | "fair" | "poor" | "unusable"; reconnects_last_hour: number; stalls_last_hour: number; dropped: number; ptz_commands_per_s: number | null; pid: number | null; cpu: number | null; mem: number | null; mem_mb: number | null } };
  /** The tracks of the latest frame, and how the target is doing. */
  'GET /sessions/{id}/tick': { path: { id: string }; answer: { schema: "drone-ptz-metadata/1"; type: "metadata_tick"; session_id: string; camera_id: string; ts_unix_ms: number; ts_mono_ms?: number; frame_index?: number; space: "source" | "processed"; frame_size: { w: number; h: number }; selected_target_id: number | null; tracking_phase: "idle" | "searching" | "tracking" | "lost"; ptz?: { control_mode: "onvif" | "octagon" | "sim"; active: boolean; cmd: { pan: number; tilt: number; zoom: number } }; tracks: ({ id: number; label: string; conf: number; bbox: { x: number; y: number; w: number; h: number }; velocity?: { x: number; y: number }; zones?: (string)[] })[] } };
  /** The latest message of a topic of a node of the graph. */
  'GET /sessions/{id}/{topic}': { path: { id: string; topic: string }; answer: undefined };
  /** The settings of all cameras. */
  'GET /settings': { query: { detail?: boolean }; answer: Record<string, Record<string, Record<string, unknown>>> };
  /** The settings of one camera. */
  'GET /settings/{camera}': { path: { camera: string }; query: { detail?: boolean }; answer: Record<string, Record<string, unknown>> };
  /** Backups of a graph file. */
  'GET /settings/{camera}/backups': { path: { camera: string }; answer: { backups: (string)[] } };
  /** How the cameras and the server do. */
  'GET /stats': { answer: { schema: "drone-ptz-stats/1"; type: "stats"; ts_unix_ms: number; cameras: Record<string, { session_id: string; camera_fps: number; process_fps: number; skipped_fps: number; detection_fps: number; inference_speed: number | null; connection_quality: "excellent" | "fair" | "poor" | "unusable"; reconnects_last_hour: number; stalls_last_hour: number; dropped: number; ptz_commands_per_s: number | null; pid: number | null; cpu: number | null; mem: number | null; mem_mb: number | null }>; service: { uptime: number; version: string; clients: number; cpu: number | null; mem: number | null; mem_mb: number | null } } };
  /** Tracks that were, and those that go on. */
  'GET /tracks': { query: { camera_id?: string; label?: string; after?: string; before?: string; min_score?: number; in_progress?: boolean; zone?: string; session?: string; min_length?: number; sort?: "newest" | "oldest" | "score" | "length"; limit?: number; cursor?: string }; answer: { tracks: ({ track_id: string; session_id: string; camera_id: string; id: number; label: string; top_conf: number; confirmed: true; start_ts_unix_ms: number; end_ts_unix_ms: number | null; zones: (string)[]; best_bbox: { x: number; y: number; w: number; h: number } | null; retain_indefinitely: boolean; interrupted: boolean })[]; next_cursor: string | null } };
  /** All tracks that the filters mean, as JSON Lines or CSV. */
  'GET /tracks/export': { query: { camera_id?: string; label?: string; after?: string; before?: string; min_score?: number; in_progress?: boolean; zone?: string; session?: string; min_length?: number; sort?: "newest" | "oldest" | "score" | "length"; format?: "jsonl" | "csv" }; answer: undefined };
  /** One track with its boxes. */
  'GET /tracks/{id}': { path: { id: string }; query: { after?: string; before?: string; limit?: number }; answer: { track_id: string; session_id: string; camera_id: string; id: number; label: string; top_conf: number; confirmed: true; start_ts_unix_ms: number; end_ts_unix_ms: number | null; zones: (string)[]; best_bbox: { x: number; y: number; w: number; h: number } | null; retain_indefinitely: boolean; interrupted: boolean; samples: ({ ts_unix_ms: number; label: string; conf: number; bbox: { x: number; y: number; w: number; h: number }; selected: boolean })[]; samples_next_after: number | null } };
  /** Who the caller is, and what it may do. */
  'GET /whoami': { answer: { name: string; role: "viewer" | "controller" | "admin"; cameras: (string)[] | null; login: boolean } };
  /** WebSocket: topics of all sessions, subscribed by messages. */
  'GET /ws': { answer: undefined };
  /** WebSocket: metadata_tick and track_event messages out, commands in. */
  'GET /ws/sessions/{id}': { path: { id: string }; query: { topics?: string }; answer: undefined };
  /** Change settings: a deep merge, all or nothing; null: the default. */
  'PATCH /settings': { body: Record<string, Record<string, Record<string, unknown>>>; answer: { live: (string)[]; restarted: (string)[]; changed: (string)[]; settings: Record<string, Record<string, Record<string, unknown>>> } };
  /** Change settings of one camera. */
  'PATCH /settings/{camera}': { path: { camera: string }; body: Record<string, Record<string, unknown>>; answer: { live: (string)[]; restarted: (string)[]; changed: (string)[]; settings: Record<string, Record<string, Record<string, unknown>>> } };
  /** Log in: a cookie in exchange for a token. */
  'POST /login': { body: { token: string }; answer: { name: string; role: "viewer" | "controller" | "admin"; cameras: (string)[] | null; login: boolean } };
  /** Log out: the cookie is not valid any more. */
  'POST /logout': { answer: undefined };
  /** Give nodes the model that they have by default. */
  'POST /models/reset': { body: { camera_id?: string }; answer: { live: (string)[]; restarted: (string)[]; changed: (string)[]; settings: Record<string, Record<string, Record<string, unknown>>> } };
  /** Upload a model: multipart/form-data, the .onnx file in the field `file`. */
  'POST /models/upload': { query: { replace?: boolean }; answer: { name: string; size: number; type: "onnx"; modified_at: string; active: boolean; classes: (string)[]; used_by: (string)[]; uploaded: boolean; family: string | null; input_size: { w: number; h: number } | null; licence: string | null; error: { code: string; message: string } | null } };
  /** Give nodes this model while they run; persist the settings to keep it. */
  'POST /models/{name}/activate': { path: { name: string }; body: { camera_id?: string }; answer: { live: (string)[]; restarted: (string)[]; changed: (string)[]; settings: Record<string, Record<string, Record<string, unknown>>> } };
  /** Halt, go on, go elsewhere, change the speed. */
  'POST /replay': { body: { position_ms?: number; speed?: number; playing?: boolean }; answer: { file: string; start_unix_ms: number; duration_ms: number; position_ms: number; speed: number; playing: boolean; loop: boolean; over: boolean; video: { path: string; start_unix_ms: number } | null } };
  /** Start the session of a camera, or find the one that runs. */
  'POST /sessions': { body: { camera_id?: string }; answer: { session_id: string; camera_id: string; ws_path: string; running: boolean; selected_target_id: number | null; tracking_phase: "idle" | "searching" | "tracking" | "lost"; last_tick_ts_unix_ms: number | null; state: "starting" | "running" | "restarting" | "ended" | "failed" | "stopped"; fault: { code: string; message: string; since_unix_ms: number } | null; started_unix_ms: number; restarts: number; frames: { decoded: number; processed: number; dropped: number; in_flight: number }; fps: { in: number; out: number }; latency_ms: { inference_p50: number | null; end_to_end_p50: number | null; end_to_end_p99: number | null }; tracks: number; progress: number | null; nodes: Record<string, Record<string, number | string>>; created: boolean } };
  /** Let the autotracker move the camera, or not; the camera stops. */
  'POST /sessions/{id}/autotrack': { path: { id: string }; body: { enabled: boolean }; answer: { enabled: boolean } };
  /** Send the picture to this WebRTC peer (WHEP: an SDP offer in, the answer out). */
  'POST /sessions/{id}/whep': { path: { id: string }; answer: undefined };
  /** Write the settings in effect to the graph files, after a backup. */
  'POST /settings/persist': { body: { camera_id?: string }; answer: { persisted: ({ camera_id: string; backup: string | null })[] } };
  /** Read the graph files again; changes that are not persisted are lost. */
  'POST /settings/reload': { body: { camera_id?: string }; answer: { reloaded: (string)[] } };
  /** What a change would meet; applies nothing. */
  'POST /settings/validate': { body: Record<string, Record<string, Record<string, unknown>>>; answer: { valid: boolean; faults: ({ file: string; line: number; column: number; path: string; code: string; message: string })[] } };
  /** Apply a backup; persist it to write it. */
  'POST /settings/{camera}/restore': { path: { camera: string }; body: { backup: string }; answer: { live: (string)[]; restarted: (string)[]; changed: (string)[]; settings: Record<string, Record<string, Record<string, unknown>>> } };
  /** Keep a track however old it gets. */
  'POST /tracks/{id}/retain': { path: { id: string }; body: { retain_indefinitely?: boolean }; answer: { track_id: string; session_id: string; camera_id: string; id: number; label: string; top_conf: number; confirmed: true; start_ts_unix_ms: number; end_ts_unix_ms: number | null; zones: (string)[]; best_bbox: { x: number; y: number; w: number; h: number } | null; retain_indefinitely: boolean; interrupted: boolean } };
  /** Make this the graph of a camera, also of a new one, and write its file. */
  'PUT /graphs/{camera}': { path: { camera: string }; answer: { camera_id: string; created: boolean; live: (string)[]; restarted: (string)[]; changed: (string)[] } };
  /** How the session's camera stands. */
  'GET /sessions/{id}/ptz': { path: { id: string }; answer: { schema: "drone-ptz-ptz/1"; type: "ptz_state"; session_id: string; camera_id: string; ts_unix_ms: number; control_mode: "onvif" | "octagon" | "sim"; link: { state: "connecting" | "ready" | "lost" | "refused" | "closed"; reason: string | null }; moving: boolean | null; pan_deg: number | null; tilt_deg: number | null; zoom: number | null; hfov_deg: number | null; preset: string | null; cmd: { pan: number; tilt: number; zoom: number }; round_trip_ms: number | null } };
}
