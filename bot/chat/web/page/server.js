/** Requests to the server. Who one is lives in this tab only: two tabs can be two people. */

const PERSON = 'drover.person';
/** Waits between tries of a request that got no answer. The server takes a repeated one for the same. */
const RETRY_AFTER_MS = [300, 1200, 3000];

export const session = {
  person: () => sessionStorage.getItem(PERSON),
  /** @param {string | null} id */
  choose(id) {
    if (id === null) sessionStorage.removeItem(PERSON);
    else sessionStorage.setItem(PERSON, id);
  },
};

/** @typedef {{ kind: 'ok', data: any } | { kind: 'failed', status: number, error: string }} Answer */

/** @param {string} path @returns {Promise<Answer>} */
export function load(path) {
  return ask(path, { headers: headers() });
}

/** @param {string} path @param {Record<string, unknown>} body @returns {Promise<Answer>} */
export function send(path, body) {
  return ask(path, {
    method: 'POST',
    headers: { ...headers(), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
}

function headers() {
  return { 'X-Drover-Person': encodeURIComponent(session.person() ?? '') };
}

async function ask(path, init) {
  for (const wait of [...RETRY_AFTER_MS, null]) {
    try {
      return await read(await fetch(path, init));
    } catch {
      if (wait !== null) await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
  return {
    kind: 'failed',
    status: 0,
    error: 'Drover does not answer. It was not sent for certain; you may try again.',
  };
}

async function read(response) {
  const data = await response.json();
  if (response.ok) return { kind: 'ok', data };
  return { kind: 'failed', status: response.status, error: data.error };
}
