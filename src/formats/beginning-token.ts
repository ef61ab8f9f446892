/** Whether texts begin with BOS, as far as tokenizer.json and tokenizer_config.json say it themselves. */

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a part of a tokenizer.json, or a step of that part, is of a type. */
function includesType(part: unknown, type: string): boolean {
  if (!isObject(part)) return false;
  const steps = [part['pretokenizers'], part['processors'], part['decoders'], part['normalizers']];
  return part['type'] === type || steps.flat().some((step) => includesType(step, type));
}

/**
 * Where the post-processor puts nothing before a text: whether the tokenizer of transformers does. A flag decides; without
 * one SentencePiece tokenizers do, and byte-level ones (GPT-2, Pythia, Phi, SmolLM) do not, whatever `bos_token_id` is.
 */
export function addsBosItself(tokenizerJson: unknown, settings: Json | null | undefined): boolean {
  const flag = settings?.['add_bos_token'];
  if (typeof flag === 'boolean') return flag;
  const json = isObject(tokenizerJson) ? tokenizerJson : {};
  return !includesType(json['pre_tokenizer'], 'ByteLevel') && !includesType(json['decoder'], 'ByteLevel');
}

/** Whether the post-processor begins every text with a special token. */
export function postProcessorBegins(tokenizerJson: unknown): boolean {
  const begins = (part: unknown): boolean => {
    if (!isObject(part)) return false;
    const [first] = Array.isArray(part['single']) ? (part['single'] as unknown[]) : [];
    if (part['type'] === 'TemplateProcessing') return isObject(first) && 'SpecialToken' in first;
    return Array.isArray(part['processors']) && part['processors'].some(begins);
  };
  return isObject(tokenizerJson) && begins(tokenizerJson['post_processor']);
}
