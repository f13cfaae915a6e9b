/** Where the nodes of a graph are drawn. */
import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { placesOf } from '../../web/page/graph-layout.ts';

test('each link goes to the right, and no two nodes lie on each other', () => {
  const graph = fc.integer({ min: 2, max: 30 }).chain((count) => {
    const link = fc.tuple(fc.nat(count - 1), fc.nat(count - 1)).filter(([from, to]) => from < to);
    return fc.tuple(fc.constant(count), fc.array(link, { maxLength: 60 }));
  });
  fc.assert(
    fc.property(graph, ([count, pairs]) => {
      const nodes = Array.from({ length: count }, (_, i) => ({ id: `n${i}`, worker: 'w' }));
      const links = pairs.map(([from, to]) => ({ from: `n${from}`, to: `n${to}` }));
      const places = placesOf(nodes, links);
      expect(new Set([...places.values()].map(({ column, row }) => `${column} ${row}`)).size).toBe(count);
      for (const { from, to } of links) expect(places.get(to)?.column).toBeGreaterThan(places.get(from)?.column ?? 0);
    }),
  );
});
