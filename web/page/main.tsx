/** The page of a server: what a camera sees, what is followed, and what is wrong. Served at `/`. */
import { render } from 'preact';
import { Bar } from './bar.tsx';
import { GraphDialog } from './graph.tsx';
import { Help, listenToKeys } from './keys.tsx';
import { identify, Login, needsLogin } from './login.tsx';
import { start } from './model.ts';
import { PastDialog, startPast } from './past.tsx';
import { Picture } from './picture.tsx';
import { SettingsDialog } from './settings.tsx';
import { startSettings } from './settings-model.ts';
import { Side } from './side.tsx';
import { Timeline } from './timeline.tsx';

function Page() {
  if (needsLogin.value) return <Login />;
  return (
    <div class="page">
      <Bar />
      <main>
        <Picture />
        <Side />
      </main>
      <Timeline />
      <GraphDialog />
      <SettingsDialog />
      <PastDialog />
      <Help />
    </div>
  );
}

const root = document.querySelector('#app');
if (root) {
  root.replaceChildren();
  const isKnown = await identify();
  render(<Page />, root);
  if (isKnown) {
    listenToKeys();
    start();
    startSettings();
    startPast();
  }
}
