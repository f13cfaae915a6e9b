/** A zone drawn on the picture: each click is a corner; the zone is added to the options of its node. */
import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { cameraId, findZones, zones } from './model.ts';
import { overlayOf } from './selecting.ts';
import { change, hasSettings, type Options, options } from './settings-model.ts';

type Corner = readonly [x: number, y: number];

interface Drawing {
  readonly node: string;
  readonly name: string;
  readonly corners: readonly Corner[];
}

/** What is being drawn. */
export const drawing = signal<Drawing | null>(null);

/** As many as the schema allows. */
const MOST_CORNERS = 100;

/** Nodes with an option `zones` of named outlines. */
export function zoneNodes(all: Options | null): string[] {
  return Object.entries(all ?? {}).flatMap(([node, { zones: option }]) =>
    option?.schema.type === 'object' ? [node] : [],
  );
}

/** Begins: the picture takes corners until the zone is done. */
export function drawZone(node: string): void {
  const known = Object.keys(Object(options.value?.[node]?.zones?.value));
  const name = Array.from({ length: known.length + 1 }, (_, i) => `zone_${i + 1}`).find(
    (each) => !known.includes(each),
  );
  drawing.value = { node, name: name ?? 'zone', corners: [] };
  hasSettings.value = false;
}

/** Takes a click on the picture. @returns false: nothing is being drawn */
export function cornerAt(event: MouseEvent): boolean {
  const { value: now } = drawing;
  const { currentTarget, clientX, clientY } = event;
  const overlay = currentTarget instanceof Element ? overlayOf.get(currentTarget) : undefined;
  if (!now || !overlay) return now !== null;
  const point = overlay.pointAt(clientX, clientY);
  const [x, y] = [point.x, point.y].map((share) => Math.round(Math.min(1, Math.max(0, share)) * 1e4) / 1e4);
  if (now.corners.length < MOST_CORNERS) drawing.value = { ...now, corners: [...now.corners, [x ?? 0, y ?? 0]] };
  return true;
}

/** The bar over the picture while a zone is drawn. */
export function ZoneBar() {
  const now = drawing.value;
  useEffect(() => {
    if (!now) return undefined;
    const listen = (event: KeyboardEvent) => {
      if (event.key === 'Enter') void finish();
      if (event.key === 'Escape') stop();
    };
    // Before the page's own keys.
    addEventListener('keydown', listen, { capture: true });
    return () => removeEventListener('keydown', listen, { capture: true });
  }, [now !== null]);
  if (!now) return null;
  return (
    <div class="over notice">
      <div class="state drawing">
        <label>
          Zone <input value={now.name} onInput={(e) => (drawing.value = { ...now, name: e.currentTarget.value })} />
        </label>{' '}
        {now.corners.length < 3 ? 'click its corners' : `${now.corners.length} corners`}
        <button type="button" disabled={now.corners.length < 3 || now.name.trim() === ''} onClick={() => void finish()}>
          Done
        </button>
        <button type="button" onClick={stop}>
          Cancel
        </button>
      </div>
    </div>
  );
}

async function finish(): Promise<void> {
  const { value: now } = drawing;
  if (!now || now.corners.length < 3 || now.name.trim() === '') return;
  stop();
  await change(now.node, 'zones', { [now.name.trim()]: { points: now.corners } });
  if (cameraId.value !== null) await findZones(cameraId.value);
}

function stop(): void {
  drawing.value = null;
  hasSettings.value = true;
}

/** The zones of the graph, and the one that is being drawn. */
export function shownZones() {
  const { value: now } = drawing;
  return now && now.corners.length > 0 ? [...zones.value, { name: now.name, points: now.corners }] : zones.value;
}
