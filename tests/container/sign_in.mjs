// Signs in as a manager would, without a browser: form, cookie, client list, first client.
const base = process.argv[2];
const jar = new Map();
async function get(path, options = {}) {
  const headers = { cookie: [...jar].map(([k, v]) => `${k}=${v}`).join("; "), ...options.headers };
  const answer = await fetch(base + path, { redirect: "manual", ...options, headers });
  for (const cookie of answer.headers.getSetCookie?.() ?? [answer.headers.get("set-cookie")].filter(Boolean)) {
    const [pair] = cookie.split(";");
    jar.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
  }
  return answer;
}
function must(truth, what) {
  if (!truth) throw new Error(what);
}

const form = await (await get("/sign-in")).text();
const fields = new URLSearchParams([...form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
  /name="([^"]*)"/.exec(input)[1], /value="([^"]*)"/.exec(input)?.[1] ?? ""]));
fields.set("login", process.env.LOGIN);
fields.set("password", process.env.PASSWORD);
const signedIn = await get("/sign-in", { method: "POST", body: fields });
must(signedIn.status === 303, `sign-in answered ${signedIn.status}`);
// Not every compose waits for the backend to be healthy, so the first pages may say that it is away.
let clients = await get("/clients");
for (const end = Date.now() + 60000; clients.status !== 200 && Date.now() < end; clients = await get("/clients"))
  await new Promise((done) => setTimeout(done, 500));
clients = await clients.text();
const first = /href="(\/clients\/\d+)/.exec(clients);
must(first, "the client list names no client");
const client = await get(first[1]);
must(client.status === 200, `${first[1]} answered ${client.status}`);
must((await client.text()).includes("<canvas"), "the client page has no chart");
console.log(`  ${first[1]} shown`);
