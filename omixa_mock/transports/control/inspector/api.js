// The control routes. The key comes from the fragment of the page's URL, which no browser sends.

const TOKEN = "omixa-mock-token";
const fragment = () => new URLSearchParams(location.hash.slice(1)).get("key") ?? "";
export const access = { key: fragment(), token: sessionStorage.getItem(TOKEN) ?? "" };

/** Use another key, and another token unless it is empty. */
export function changeAccess(key, token) {
  access.key = key;
  if (token) sessionStorage.setItem(TOKEN, access.token = token);
  history.replaceState(null, "", `#${new URLSearchParams({ key })}`);
}

/** Use the key in the fragment; return true if it is another one. */
export function takeKey() {
  const key = fragment();
  if (!key || key === access.key) return false;
  access.key = key;
  return true;
}

/** Call a control route; raise an error with the message of its refusal. */
export async function call(method, path, body) {
  const headers = access.token ? { "X-Omixa-Mock-Token": access.token } : {};
  if (access.key) headers.Authorization = `Bearer ${access.key}`;
  const options = { method, headers, cache: "no-store", credentials: "omit" };
  if (body !== undefined) options.body = JSON.stringify(body);
  const response = await fetch(path, options);
  if (response.ok) return response;
  const problem = await response.json().catch(() => null);
  throw Object.assign(new Error(problem?.error?.message ?? `The fake answered with ${response.status}.`),
    { status: response.status });
}

export const ask = async (method, path, body) => (await call(method, path, body)).json();
export const read = (path) => ask("GET", path);
