/** The settings of the camera as a form made of the options' schemas. A change takes effect at once; saving it is a step of its own. */
import { useEffect, useRef } from 'preact/hooks';
import { cameraId } from './model.ts';
import { isEditable, OptionField } from './option-field.tsx';
import { change, drop, hasSettings, isUnsaved, models, type Option, options, outcome, save } from './settings-model.ts';
import { drawZone, zoneNodes } from './zone-drawing.tsx';

export function SettingsDialog() {
  const ref = useRef<HTMLDialogElement>(null);
  const isOpen = hasSettings.value;
  useEffect(() => {
    // Not modal: the picture shows what a change does.
    if (isOpen) ref.current?.show();
    else ref.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={ref} class="settings" aria-label="Settings" onClose={() => (hasSettings.value = false)}>
      <h2>Settings of {cameraId.value}</h2>
      {isOpen &&
        options.value &&
        Object.entries(options.value).map(([node, each]) => <Node key={node} node={node} options={each} />)}
      <p role="status" class={outcome.value?.isRefusal ? 'refusal' : 'small'}>
        {outcome.value?.text ?? 'A change takes effect at once. It is lost at the next start, unless it is saved.'}
      </p>
      <form method="dialog">
        <button type="button" disabled={!isUnsaved.value} onClick={() => void save()}>
          Save to the graph file
        </button>
        <button type="button" disabled={!isUnsaved.value} onClick={() => void drop()}>
          Drop changes
        </button>
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}

function Node({ node, options: all }: { node: string; options: Readonly<Record<string, Option>> }) {
  const shown = Object.entries(all).filter(([, option]) => isEditable(option));
  // The choice of a model is looked for, though it starts the node again.
  const isFirst = ([name, { live }]: [string, Option]) => live || choicesOf(name).length > 0;
  const live = shown.filter(isFirst);
  const others = shown.filter((each) => !isFirst(each));
  const drawable = zoneNodes(options.value).includes(node);
  if (shown.length === 0 && !drawable) return null;
  return (
    <fieldset>
      <legend>{node}</legend>
      {live.map(([name, option]) => (
        <Row key={name} node={node} name={name} option={option} />
      ))}
      {drawable && (
        <button type="button" onClick={() => drawZone(node)}>
          Draw a zone
        </button>
      )}
      {others.length > 0 && (
        <details>
          <summary>Options that start the node again</summary>
          {others.map(([name, option]) => (
            <Row key={name} node={node} name={name} option={option} />
          ))}
        </details>
      )}
    </fieldset>
  );
}

function Row({ node, name, option }: { node: string; name: string; option: Option }) {
  const id = `${node}.${name}`;
  const isUsual = JSON.stringify(option.value) === JSON.stringify(option.default);
  return (
    <div class="option" title={option.schema.description}>
      <label for={id}>{name}</label>
      <OptionField
        key={JSON.stringify(option.value)}
        id={id}
        option={option}
        choices={choicesOf(name)}
        onChange={(value) => void change(node, name, value)}
      />
      <button
        type="button"
        title="Back to the default"
        disabled={isUsual || option.default === null}
        onClick={() => void change(node, name, null)}
      >
        ↺<span class="hidden"> default of {id}</span>
      </button>
    </div>
  );
}

function choicesOf(name: string): readonly string[] {
  return name === 'model' ? models.value : [];
}
