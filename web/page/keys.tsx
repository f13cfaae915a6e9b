/** Keys, and the list of them. */
import { signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { hasGraph } from './graph.tsx';
import { mayCommand } from './login.tsx';
import { hasLoupe } from './loupe.tsx';
import { tick } from './model.ts';
import { hasPast, isPastOffered } from './past.tsx';
import { clear, select, switchAutotrack } from './selecting.ts';
import { hasSettings, maySet } from './settings-model.ts';

const hasHelp = signal(false);

interface Key {
  readonly what: string;
  readonly act: () => void;
  /** Whether the role may. */
  readonly may?: { readonly value: boolean };
}

const KEYS: Readonly<Record<string, Key>> = {
  Escape: { what: 'no target', act: () => void clear(), may: mayCommand },
  a: { what: 'autotrack on and off', act: () => void switchAutotrack(), may: mayCommand },
  g: { what: 'the graph', act: () => (hasGraph.value = !hasGraph.value) },
  h: { what: 'the history', act: () => (hasPast.value = isPastOffered.value && !hasPast.value) },
  l: { what: 'loupe on and off', act: () => (hasLoupe.value = !hasLoupe.value) },
  s: { what: 'settings', act: () => (hasSettings.value = !hasSettings.value), may: maySet },
  '?': { what: 'this list', act: () => (hasHelp.value = !hasHelp.value) },
};

export function listenToKeys(): void {
  addEventListener('keydown', (event) => {
    const isTyping = event.target instanceof HTMLElement && event.target.matches('input, select, textarea');
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping) return;
    if (hasHelp.value && event.key === 'Escape') hasHelp.value = false;
    else if (/^[1-9]$/.test(event.key) && mayCommand.value) nth(Number(event.key));
    else if (KEYS[event.key]?.may?.value !== false) KEYS[event.key]?.act();
  });
}

function nth(number: number): void {
  const track = tick.value?.tracks[number - 1];
  if (track) void select(track.id);
}

export function Help() {
  const ref = useRef<HTMLDialogElement>(null);
  const isOpen = hasHelp.value;
  useEffect(() => {
    if (isOpen) ref.current?.showModal();
    else ref.current?.close();
  }, [isOpen]);
  return (
    <dialog ref={ref} aria-label="Keys" onClose={() => (hasHelp.value = false)}>
      <h2>Keys</h2>
      <dl class="pose">
        {mayCommand.value && (
          <>
            <dt>
              <kbd>1</kbd>–<kbd>9</kbd>
            </dt>
            <dd>the n-th track is the target</dd>
          </>
        )}
        {Object.entries(KEYS)
          .filter(([, { may }]) => may?.value !== false)
          .map(([key, { what }]) => (
            <>
              <dt>
                <kbd>{key === 'Escape' ? 'Esc' : key}</kbd>
              </dt>
              <dd>{what}</dd>
            </>
          ))}
      </dl>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
