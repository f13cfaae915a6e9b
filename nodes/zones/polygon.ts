/** Polygons in a plane: where a point lies, and whether the outline is one that has an inside. Pure. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Corners in order, either way round; the last is joined to the first. */
export type Polygon = readonly Point[];

/** How long a step of 1 along each axis is: for planes whose axes are not alike. */
export type Scale = Point;

/**
 * Distance from a point to the outline: negative inside, positive outside.
 * @param scale units of the result per unit of each axis
 */
export function signedDistance(polygon: Polygon, point: Point, scale: Scale): number {
  let nearest = Number.POSITIVE_INFINITY;
  let isInside = false;
  for (const [a, b] of edges(polygon)) {
    nearest = Math.min(nearest, distanceToEdge(a, b, point, scale));
    // Even-odd rule: a ray to the right crosses the edge.
    if (a.y > point.y === b.y > point.y) continue;
    if (point.x < a.x + ((point.y - a.y) / (b.y - a.y)) * (b.x - a.x)) isInside = !isInside;
  }
  return isInside ? -nearest : nearest;
}

/** What is wrong with an outline, in words for its author; undefined: it is a simple polygon. Corners count from 1. */
export function outlineFault(polygon: Polygon): string | undefined {
  const all = edges(polygon);
  const twice = all.findIndex(([from, to]) => from.x === to.x && from.y === to.y);
  if (twice >= 0) return `corner ${twice + 1} is there twice`;
  for (const [i, first] of all.entries()) {
    const j = all.findIndex((second, index) => index > i && collide(first, second));
    if (j > 0) return `the edges that begin at corners ${i + 1} and ${j + 1} meet`;
  }
  return undefined;
}

type Edge = readonly [from: Point, to: Point];

function edges(polygon: Polygon): Edge[] {
  return polygon.map((corner, i) => [corner, polygon[(i + 1) % polygon.length] ?? corner]);
}

/** Two edges have more in common than the corner of neighbours. */
function collide([a, b]: Edge, [c, d]: Edge): boolean {
  if (b === c) return turnsBack(a, b, d);
  if (d === a) return turnsBack(c, d, b);
  return meet(a, b, c, d);
}

function distanceToEdge(a: Point, b: Point, point: Point, scale: Scale): number {
  const [ax, ay] = [(a.x - point.x) * scale.x, (a.y - point.y) * scale.y];
  const [dx, dy] = [(b.x - a.x) * scale.x, (b.y - a.y) * scale.y];
  const length2 = dx * dx + dy * dy;
  const along = length2 > 0 ? Math.min(1, Math.max(0, -(ax * dx + ay * dy) / length2)) : 0;
  return Math.hypot(ax + along * dx, ay + along * dy);
}

/** Positive: c lies to the left of the way from a to b. */
function side(a: Point, b: Point, c: Point): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

/** The way from a to b goes back over itself to c. */
function turnsBack(a: Point, b: Point, c: Point): boolean {
  return side(a, b, c) === 0 && (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) < 0;
}

/** Two edges have a point in common. */
function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const [c1, d1, a2, b2] = [side(a, b, c), side(a, b, d), side(c, d, a), side(c, d, b)];
  if (c1 * d1 < 0 && a2 * b2 < 0) return true;
  return (
    (c1 === 0 && isBetween(a, b, c)) ||
    (d1 === 0 && isBetween(a, b, d)) ||
    (a2 === 0 && isBetween(c, d, a)) ||
    (b2 === 0 && isBetween(c, d, b))
  );
}

/** A point on the line through a and b lies between them. */
function isBetween(a: Point, b: Point, point: Point): boolean {
  return (
    Math.min(a.x, b.x) <= point.x &&
    point.x <= Math.max(a.x, b.x) &&
    Math.min(a.y, b.y) <= point.y &&
    point.y <= Math.max(a.y, b.y)
  );
}
