/** Figure 4: every scored sub-network of one run, accuracy against MACs, in the order in which they were scored. */

const panels = {
  lonas: 'LoNAS',
  shears: 'Shears',
  'sqft-sparsepeft': 'SQFT + SparsePEFT',
  'sqft-qa-sparsepeft': 'SQFT + QA-SparsePEFT',
};
const [width, height, left, top, gap] = [300, 200, 48, 28, 34];

const scale = (low, high, from, to) => (value) =>
  high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from);

const text = (at, value, anchor = 'middle') =>
  `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}">${value}</text>`;

function panel(title, { scored, rows }, column, line) {
  const dense = rows['untuned-dense'].macsPerToken;
  const macs = scored.map((point) => point.macs / dense);
  const accuracy = scored.map((point) => 100 * point.score);
  const [x0, y0] = [left + column * (width + gap + left), top + line * (height + gap + top)];
  const [lowest, highest] = [
    Math.floor(Math.min(...accuracy) / 5) * 5,
    Math.ceil(Math.max(...accuracy) / 5) * 5,
  ];
  const x = scale(Math.min(...macs), Math.max(...macs), x0 + 10, x0 + width - 10);
  const y = scale(lowest, highest, y0 + height, y0);
  const heuristic = 100 * scored.find(({ tag }) => tag === 'heuristic').score;
  const points = scored
    .map((_, index) => {
      const shade = (0.25 + (0.75 * index) / scored.length).toFixed(2);
      return `<circle cx="${x(macs[index]).toFixed(1)}" cy="${y(accuracy[index]).toFixed(1)}" r="3.5" fill="#2f6fde" fill-opacity="${shade}"/>`;
    })
    .join('');
  return [
    `<rect x="${x0}" y="${y0}" width="${width}" height="${height}" fill="none" stroke="#8a8a8a" stroke-opacity=".5"/>`,
    text([x0 + width / 2, y0 - 8], title),
    `<line x1="${x0}" x2="${x0 + width}" y1="${y(heuristic).toFixed(1)}" y2="${y(heuristic).toFixed(1)}" stroke="#d9822b" stroke-dasharray="5 4"/>`,
    points,
    text([x0 - 6, y0 + height], `${lowest} %`, 'end'),
    text([x0 - 6, y0 + 10], `${highest} %`, 'end'),
    text([x0 + 10, y0 + height + 16], Math.min(...macs).toFixed(2), 'start'),
    text([x0 + width - 10, y0 + height + 16], Math.max(...macs).toFixed(2), 'end'),
    text([x0 + width / 2, y0 + height + 16], 'MACs over the dense model’s'),
  ].join('\n');
}

export function figure4(runs) {
  const drawn = Object.entries(panels).map(([name, title], index) =>
    panel(title, runs[name][0], index % 2, Math.floor(index / 2)),
  );
  const size = [2 * (left + width) + gap + 12, 2 * (top + height + gap)];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size[0]} ${size[1]}" font-family="system-ui, sans-serif" font-size="11" fill="#8a8a8a" role="img" aria-label="Search progression: accuracy on the validation split against MACs">\n${drawn.join('\n')}\n</svg>\n`;
}
