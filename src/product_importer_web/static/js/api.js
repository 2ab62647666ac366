// Talks to /api/v1. What it refuses comes as a Problem, in words that can be shown as they are.

export class Problem extends Error {
  constructor(status, detail, members = {}, etag = null) {
    super(detail);
    this.status = status;
    this.code = members.code ?? "";
    this.members = members;
    this.etag = etag;
  }
}

export const UNREACHABLE = "The server can't be reached. Check the connection and try again.";

const told = async (response) => {
  const members = await response.json().catch(() => ({}));
  const detail = members.detail ?? `The server answered with ${response.status}. Try again in a moment.`;
  return new Problem(response.status, detail, members, response.headers.get("ETag"));
};

// The answer to a request; a failure is thrown as a Problem, with status 0 where nothing was answered.
export const send = async (method, path, { body, headers, signal } = {}) => {
  let response;
  try {
    response = await fetch(path, { method, body, headers, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, UNREACHABLE);
  }
  if (!response.ok) throw await told(response);
  return response;
};

export const sendJson = (method, path, value, { headers, ...rest } = {}) =>
  send(method, path, {
    body: JSON.stringify(value),
    headers: { "Content-Type": "application/json", ...headers },
    ...rest,
  });

export const getJson = async (path, options) => (await send("GET", path, options)).json();
