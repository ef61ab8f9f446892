/** docs/results.md from the runs of tools/tables.mjs: means and deviations over seeds, the paper's figures beside ours. */

const mean = (numbers) => numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
const sd = (numbers) =>
  numbers.length < 2
    ? 0
    : Math.sqrt(numbers.reduce((sum, x) => sum + (x - mean(numbers)) ** 2, 0) / (numbers.length - 1));

const percent = (numbers) => `${(100 * mean(numbers)).toFixed(1)} ± ${(100 * sd(numbers)).toFixed(1)}`;
const ratio = (numbers) => `${mean(numbers).toFixed(3)} ± ${sd(numbers).toFixed(3)}`;
const thousands = (numbers) => `${(mean(numbers) / 1000).toFixed(1)} k`;

const line = (cells) => `| ${cells.join(' | ')} |`;
const table = (head, rows) =>
  [line(head), line(head.map((_, column) => (column === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');

const dash = '–';
const scores = (runs, tag) => runs.map(({ rows }) => rows[tag].score);
/** Score over that of plain LoRA on the same base, seed by seed. */
const relative = (runs, tag) => runs.map(({ rows }) => rows[tag].score / rows.lora.score);
const figure = (runs, tag, key) => runs.map(({ rows }) => rows[tag][key]);

function speed(runs, tag) {
  const measured = figure(runs, tag, 'speedup').filter((value) => value !== null);
  return measured.length === 0 ? dash : `${mean(measured).toFixed(2)} ×`;
}

/** `paper` is the paper's score over its own LoRA. */
function row(label, runs, tag, paper) {
  return [
    label,
    percent(scores(runs, tag)),
    tag === 'lora' ? '1' : ratio(relative(runs, tag)),
    paper === null ? dash : paper.toFixed(3),
    runs[0].rows[tag].precision,
    `${(100 * mean(figure(runs, tag, 'sparsity'))).toFixed(0)} %`,
    (mean(figure(runs, tag, 'macsPerToken')) / runs[0].rows['untuned-dense'].macsPerToken).toFixed(2),
    thousands(figure(runs, tag, 'totalParameters')),
    thousands(figure(runs, tag, 'nonZeroParameters')),
    runs[0].rows[tag].bytes === null ? dash : `${(mean(figure(runs, tag, 'bytes')) / 1000).toFixed(0)} kB`,
    speed(runs, tag),
  ];
}

const head = [
  '',
  'Exact match, %',
  'Relative to LoRA',
  'Paper, relative',
  'Precision',
  'Sparsity',
  'MACs',
  'Total params',
  'Non-zero params',
  'Bytes',
  'Speed-up',
];

/** Does what the paper orders hold here? Differences in points of exact match, seed by seed. */
function ordering(statement, first, second) {
  const differences = first.map((score, index) => 100 * (score - second[index]));
  const holds = differences.filter((difference) => difference > 0).length;
  const verdict =
    holds === differences.length
      ? 'holds in every seed'
      : holds === 0
        ? 'does not hold in any seed'
        : `holds in ${holds} of ${differences.length} seeds`;
  return `- ${statement}: ${verdict}, by ${mean(differences).toFixed(1)} ± ${sd(differences).toFixed(1)} points.`;
}

const proofLine = (name, runs) => {
  const worst = Math.max(...runs.map(({ proof }) => proof.logitError ?? Infinity));
  const { maskedWeights, maskedZeros, otherZeros, codes, bound } = runs[0].proof;
  const holds = runs.every(({ proof }) => proof.holds);
  return [
    name,
    worst === 0 ? '0' : worst.toExponential(1),
    bound === 0 ? '0' : bound.toExponential(1),
    maskedWeights === 0 ? dash : `${maskedZeros} of ${maskedWeights}`,
    String(otherZeros),
    codes ? `${codes.equal} of ${codes.compared}` : dash,
    holds ? 'holds' : '**fails**',
  ];
};

const table1 = ({ lonas, 'lonas-plus': plus }) =>
  table(head, [
    row('w/o tune', lonas, 'untuned-dense', null),
    row('LoRA', lonas, 'lora', 1),
    row('LoNAS, heuristic', lonas, 'heuristic', 65.2 / 65.8),
    row('LoNAS, most accurate found', lonas, 'best', 67.1 / 65.8),
    row('LoNAS, chosen by the rule', lonas, 'chosen', 65.6 / 65.8),
    row('LoNAS, minimal', lonas, 'minimal', null),
    row('LoRA on all modules', plus, 'lora', null),
    row('LoNAS+, heuristic', plus, 'heuristic', null),
    row('LoNAS+, chosen by the rule', plus, 'chosen', null),
  ]);

const table2 = ({ shears, sqft, 'sqft-sparsepeft': sparse, 'sqft-qa-sparsepeft': qa }) =>
  table(head, [
    row('w/o tune, dense', shears, 'untuned-dense', 36.0 / 44.1),
    row('w/o tune, 50 %', shears, 'untuned', null),
    row('LoRA', shears, 'lora', 1),
    row('Shears', shears, 'heuristic', 45.1 / 44.1),
    row('SQFT + SparsePEFT', sparse, 'heuristic', 50.1 / 44.1),
    row('w/o tune, 50 % and INT4', sqft, 'untuned', null),
    row('SQFT', sqft, 'heuristic', 44.5 / 44.1),
    row('SQFT + QA-SparsePEFT', qa, 'heuristic', 44.0 / 44.1),
  ]);

const chosenOfTable2 = ({ shears, sqft, 'sqft-sparsepeft': sparse, 'sqft-qa-sparsepeft': qa }) =>
  table(head, [
    row('Shears', shears, 'chosen', null),
    row('SQFT + SparsePEFT', sparse, 'chosen', null),
    row('SQFT', sqft, 'chosen', null),
    row('SQFT + QA-SparsePEFT', qa, 'chosen', null),
  ]);

/** The paper's LoRA is on the dense model, which here is LoNAS's baseline: the same seeds, so the same splits. */
function table3({ lonas, shears, 'shears-40': forty }) {
  const overDense = (runs) =>
    runs.map((run, index) => ({ ...run, rows: { ...run.rows, lora: lonas[index].rows.lora } }));
  return table(head, [
    row('LoRA, dense', lonas, 'lora', 1),
    row('Shears, 40 %', overDense(forty), 'heuristic', 52.0 / 51.1),
    row('Shears, 50 %', overDense(shears), 'heuristic', 50.9 / 51.1),
  ]);
}

const proofs = (runs) =>
  table(
    ['', 'Largest logit error', 'Bound', 'Masked weights exactly zero', 'Further zeros', 'Codes equal', ''],
    [
      proofLine('LoNAS', runs.lonas),
      proofLine('LoNAS+', runs['lonas-plus']),
      proofLine('Shears', runs.shears),
      proofLine('SQFT', runs.sqft),
      proofLine('SQFT + SparsePEFT', runs['sqft-sparsepeft']),
      proofLine('SQFT + QA-SparsePEFT', runs['sqft-qa-sparsepeft']),
    ],
  );

function orderings({
  lonas,
  shears,
  sqft,
  'shears-40': forty,
  'sqft-sparsepeft': sparse,
  'sqft-qa-sparsepeft': qa,
}) {
  const heuristic = (runs) => scores(runs, 'heuristic');
  return [
    ordering('Shears above LoRA on the same sparse base', heuristic(shears), scores(shears, 'lora')),
    ordering('SparsePEFT above Shears', heuristic(sparse), heuristic(shears)),
    ordering('SQFT above LoRA on the sparse base', heuristic(sqft), scores(sqft, 'lora')),
    ordering('SparsePEFT above SQFT', heuristic(sparse), heuristic(sqft)),
    ordering('SQFT above QA-SparsePEFT', heuristic(sqft), heuristic(qa)),
    ordering('LoRA above LoNAS’s heuristic', scores(lonas, 'lora'), heuristic(lonas)),
    ordering('Search above the heuristic, LoNAS', scores(lonas, 'best'), heuristic(lonas)),
    ordering('Shears at 40 % above 50 %', heuristic(forty), heuristic(shears)),
  ].join('\n');
}

export function resultsPage(runs) {
  const { lonas } = runs;
  const [{ rows, device }] = lonas;
  return `# Results on the demo

Every pipeline on the demo that Pare ships, as its recipe ships (300 steps, 48 evaluations), ${lonas.length} seeds, made by \`npm run tables\` on ${device}. Scores are exact match on ${rows.lora.examples} test problems that neither training nor search has seen, mean ± sample standard deviation over seeds. A seed decides the split, the adapters' start, the batches, the sub-networks drawn and the search; the base model is one and the same. MACs are a position's, adapters apart, over those of the dense model without adapters. Speed-up is tokens/s of the model that ships over the original's, measured in pairs on that device while it did other work too.

The paper's columns are its own models and tasks: only scores *relative to plain LoRA* can be set side by side, and on a model of ${thousands(figure(lonas, 'untuned-dense', 'totalParameters'))} parameters even those say no more than whether an ordering shows.

## Table 1: LoNAS

Paper: LLaMA-7B, commonsense reasoning, average of eight sets. LoNAS+ is not in it.

${table1(runs)}

A demo of two blocks is hard on LoNAS+: the one block that can go is half of the model. Its "relative" is to LoRA on all modules.

## Table 2: the pipelines at 50 % sparsity

Paper: Mistral-7B, GSM8K. LoRA is plain LoRA on the same sparse base.

${table2(runs)}

The heuristic sub-network of each, as in the paper. What the search chose:

${chosenOfTable2(runs)}

## Table 3: Shears by sparsity

Paper: LLaMA-13B, math, average of four sets. LoRA is on the dense model.

${table3(runs)}

## Figure 4: search progression

![Accuracy on the validation split against MACs, from the first sub-network scored (light) to the last (dark); the line is the heuristic.](images/figure4.svg)

Seed 0, validation split. Light points were scored first; the dashed line is the heuristic. For what merges inside the forward pass MACs are those of the unmerged adapter, as published: once merged, every rank costs the same.

## Proof of merge

At each export the files are read back and compared with the model as it was trained.

${proofs(runs)}

The largest error of all seeds, over the largest logit; counts of seed 0.

## Does the paper's ordering show?

${orderings(runs)}
`;
}
