/** Who looks at the page: the log-in, where the server wants one, and what the role may do. */
import { computed, signal } from '@preact/signals';

interface Who {
  readonly name: string;
  readonly role: 'viewer' | 'controller' | 'admin';
  /** The server checks tokens. */
  readonly login: boolean;
}

/** Null: not known yet, or nobody. */
export const who = signal<Who | null>(null);
export const needsLogin = signal(false);
/** What the role may not do is not shown. */
export const mayCommand = computed(() => who.value !== null && who.value.role !== 'viewer');
export const mayChange = computed(() => who.value?.role === 'admin');

const problem = signal('');

/** Asks the server who this is. @returns false: a log-in is needed first */
export async function identify(): Promise<boolean> {
  const answer = await fetch('/login');
  if (!answer.ok) return false;
  who.value = ((await answer.json()) as { who: Who | null }).who;
  needsLogin.value = who.value === null;
  return !needsLogin.value;
}

export function Login() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (event.currentTarget instanceof HTMLFormElement) void logIn(new FormData(event.currentTarget));
  };
  return (
    <main class="login">
      <form onSubmit={submit}>
        <h1>Windhover</h1>
        <label>
          Token
          <input name="token" type="password" autocomplete="current-password" required autofocus />
        </label>
        <button type="submit">Log in</button>
        <p class="refusal" role="alert">
          {problem.value}
        </p>
        <p class="small">
          <code>bun run token create</code> makes one.
        </p>
      </form>
    </main>
  );
}

async function logIn(form: FormData): Promise<void> {
  const body = JSON.stringify({ token: String(form.get('token')).trim() });
  const answer = await fetch('/login', { method: 'POST', body }).catch(() => null);
  // What was watched before belongs to another caller: begin anew.
  if (answer?.ok) location.reload();
  const { error = 'the server does not answer' } = (await answer?.json().catch(() => ({}))) ?? {};
  problem.value = `Not logged in: ${error}`;
}

/** Name, role and the way out; nothing where everybody may do everything. */
export function LoggedIn() {
  const { value } = who;
  if (!value?.login) return null;
  const logOut = async () => {
    await fetch('/logout', { method: 'POST' });
    location.reload();
  };
  return (
    <span class="who">
      {value.name} <span class="small">{value.role}</span>
      <button type="button" onClick={() => void logOut()}>
        Log out
      </button>
    </span>
  );
}
