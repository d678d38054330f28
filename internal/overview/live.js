// The page is asked for anew when the server says that something changed, and now
// and then for what changes by time alone; only sections that differ are replaced.
const said = document.getElementById("said"), state = document.getElementById("state"), dialog = document.getElementById("confirm");
const show = (text, kind) => { state.textContent = text; state.className = kind; };
document.body.classList.remove("still");
const shown = new Map();
for (const part of document.querySelectorAll("[data-live]")) shown.set(part.id, part.innerHTML);
let asking = false, again = false;
async function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  try {
    const answer = await fetch("/", { headers: { Accept: "text/html" }, cache: "no-store" });
    if (answer.status === 401) { location.reload(); return; } // signed out: the form is there now
    if (!answer.ok) throw new Error("the server answers " + answer.status);
    const next = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of next.querySelectorAll("[data-live]")) replace(part);
    const sentence = next.body.dataset.sentence;
    if (sentence !== document.body.dataset.sentence) { document.body.dataset.sentence = sentence; said.textContent = sentence; }
    show("live", "live");
  } catch (error) {
    show("not live: " + error.message, "lost");
  } finally {
    asking = false;
    if (again) { again = false; setTimeout(refresh, 200); }
  }
}
function replace(part) {
  const old = document.getElementById(part.id), html = part.innerHTML;
  if (!old || shown.get(part.id) === html) return;
  shown.set(part.id, html);
  const key = old.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  const open = [...old.querySelectorAll("details[open][id]")].map((d) => d.id);
  const sorted = old.querySelector("th[aria-sort] button");
  const column = sorted && sorted.closest("th").cellIndex, way = sorted && sorted.closest("th").getAttribute("aria-sort");
  old.innerHTML = html;
  for (const id of open) { const d = document.getElementById(id); if (d) d.open = true; }
  if (sorted) {
    const head = old.querySelector("thead tr")?.cells[column], button = head?.querySelector("button");
    for (let i = 0; button && i < 2 && head.getAttribute("aria-sort") !== way; i++) button.click();
  }
  if (key) (old.querySelector('[data-key="' + CSS.escape(key) + '"]') || old.querySelector("h2")).focus();
  old.classList.remove("fresh"); void old.offsetWidth; old.classList.add("fresh");
}
let source;
function listen() {
  source = new EventSource("/api/v1/events");
  source.addEventListener("changed", refresh);
  source.onopen = () => show("live", "live");
  source.onerror = () => {
    show("connecting again", "lost");
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 5000); // refused: the browser does not try again by itself
  };
}
listen();
setInterval(() => { if (!document.hidden) refresh(); }, 15000);
document.addEventListener("visibilitychange", () => { if (!document.hidden) refresh(); });
// Orders are confirmed, and their answer is told where a screen reader hears it.
let order;
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-verb]");
  if (!button) return;
  order = button.dataset;
  document.getElementById("asks").textContent = order.asks;
  const yes = document.getElementById("yes");
  yes.textContent = button.firstChild.data;
  yes.classList.toggle("grave", button.classList.contains("grave"));
  document.getElementById("reason").value = "";
  document.getElementById("answer").textContent = "";
  dialog.returnValue = "";
  dialog.showModal();
});
dialog.addEventListener("close", () => (document.querySelector('[data-key="' + CSS.escape(order.key) + '"]') || document.getElementById("active-h")).focus());
document.getElementById("out")?.addEventListener("click", async () => {
  try { await fetch("/session", { method: "DELETE" }); location.reload(); } catch (error) { show("not signed out: " + error.message, "lost"); }
});
document.getElementById("no").addEventListener("click", () => dialog.close());
document.getElementById("order").addEventListener("submit", async (event) => {
  event.preventDefault();
  const yes = document.getElementById("yes"), answered = document.getElementById("answer"), given = order;
  yes.disabled = true;
  try {
    const answer = await fetch("/api/v1/" + given.noun + "s/" + encodeURIComponent(given.id) + "/" + given.verb, {
      method: "POST", headers: { "Content-Type": "application/json", "Idempotency-Key": crypto.randomUUID?.() || String(Date.now()) + Math.random() },
      body: JSON.stringify({ reason: document.getElementById("reason").value }),
    });
    const body = await answer.json().catch(() => ({}));
    if (!answer.ok) { answered.textContent = body.detail || "The server answers " + answer.status + "."; return; }
    said.textContent = given.verb + " was taken: " + given.fleet + " is " + (body.phase || "told").replaceAll("-", " ");
    dialog.close();
    refresh();
  } catch (error) {
    answered.textContent = "The server was not reached: " + error.message;
  } finally { yes.disabled = false; }
});
