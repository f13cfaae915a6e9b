/** One option as a field of a form, by its schema: switch, choice, slider with a number, text, list of texts. */
import { useState } from 'preact/hooks';
import type { Option, OptionSchema } from './settings-model.ts';

interface FieldProps {
  readonly id: string;
  readonly option: Option;
  /** Choices beside those of the schema, such as the models that are there. */
  readonly choices: readonly string[];
  readonly onChange: (value: unknown) => void;
}

/** Can it be edited here? What is deeper is edited in the graph file. */
export function isEditable({ schema }: Option): boolean {
  return kindOf(schema) !== 'other';
}

export function OptionField({ id, option, choices, onChange }: FieldProps) {
  const { schema, value } = option;
  const known = [...choices, ...constants(schema).map(String)];
  switch (known.length > 0 ? 'choice' : kindOf(schema)) {
    case 'switch':
      return (
        <input id={id} type="checkbox" checked={value === true} onChange={(e) => onChange(e.currentTarget.checked)} />
      );
    case 'choice':
      return (
        <select id={id} value={String(value)} onChange={(e) => onChange(e.currentTarget.value)}>
          {[...new Set([String(value), ...known])].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
      );
    case 'number':
      return <NumberField id={id} option={option} onChange={onChange} />;
    case 'texts':
      return (
        <input
          id={id}
          type="text"
          value={Array.isArray(value) ? value.join(', ') : ''}
          placeholder="all"
          onChange={(e) => onChange(textsOf(e.currentTarget.value))}
        />
      );
    default:
      return (
        <input
          id={id}
          type="text"
          value={value === null ? '' : String(value)}
          onChange={(e) => onChange(e.currentTarget.value || null)}
        />
      );
  }
}

/** A slider where the option has a range, and the number beside it, which may be any that the schema allows. */
function NumberField({
  id,
  option: { schema, value, default: usual },
  onChange,
}: Pick<FieldProps, 'id' | 'option' | 'onChange'>) {
  const [moved, setMoved] = useState<number | null>(null);
  const lowest = schema.minimum ?? schema.exclusiveMinimum;
  const highest = schema.maximum ?? schema.exclusiveMaximum;
  const now = moved ?? Number(value ?? usual ?? lowest ?? 0);
  const end = sliderEnd(now, Number(usual ?? 0), highest);
  const step = schema.type === 'integer' ? 1 : stepOf(end - (lowest ?? 0));
  const send = (text: string) => {
    setMoved(null);
    if (text !== '') onChange(Number(text));
  };
  return (
    <span class="number">
      {lowest !== undefined && end > lowest && (
        <input
          type="range"
          aria-label={`${id}, slider`}
          min={lowest}
          max={end}
          step={step}
          value={now}
          onInput={(e) => setMoved(Number(e.currentTarget.value))}
          onChange={(e) => send(e.currentTarget.value)}
        />
      )}
      <input
        id={id}
        type="number"
        step="any"
        min={lowest}
        max={highest}
        value={now}
        onChange={(e) => send(e.currentTarget.value)}
      />
    </span>
  );
}

/** A range of some thousands is of no use to a slider: it ends at some times the usual value. */
function sliderEnd(now: number, usual: number, highest: number | undefined): number {
  const wanted = Math.max(4 * usual, 1.5 * now, 1);
  return highest === undefined ? wanted : highest <= 4 * wanted ? highest : wanted;
}

/** A hundredth of the range, as a power of ten. */
function stepOf(range: number): number {
  return 10 ** Math.floor(Math.log10(Math.max(range, 1e-6) / 50));
}

function kindOf(schema: OptionSchema): 'switch' | 'choice' | 'number' | 'text' | 'texts' | 'other' {
  if (constants(schema).length > 0) return 'choice';
  if (schema.type === 'boolean') return 'switch';
  if (schema.type === 'number' || schema.type === 'integer') return 'number';
  if (schema.type === 'string') return 'text';
  return schema.type === 'array' && schema.items?.type === 'string' ? 'texts' : 'other';
}

function constants({ anyOf = [] }: OptionSchema): unknown[] {
  const found = anyOf.flatMap((each) => (each.const === undefined ? [] : [each.const]));
  return found.length === anyOf.length ? found : [];
}

function textsOf(text: string): string[] | null {
  const texts = text.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));
  return texts.length === 0 ? null : texts;
}
