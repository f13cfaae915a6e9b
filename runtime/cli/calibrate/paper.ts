/** The test pattern for paper: black on white, to save ink, in a frame of 16 by 9. Pure. */
import { markersOf } from './pattern.ts';

const [W, H] = [1600, 900];

export function patternSvg(): string {
  const markers = markersOf(0).map(({ id, bbox }) => {
    const [x, y, w, h] = [bbox.x * W, bbox.y * H, bbox.w * W, bbox.h * H];
    const number = `<text x="${x + w / 2}" y="${y + h / 2}" fill="#fff">${id}</text>`;
    return `<rect x="${x}" y="${y}" width="${w}" height="${h}"/>${number}`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${W} ${H}" font-family="sans-serif" font-size="60" text-anchor="middle" dominant-baseline="central">
<rect width="${W}" height="${H}" fill="#fff" stroke="#000" stroke-width="8"/>
${markers.join('\n')}
</svg>
`;
}
