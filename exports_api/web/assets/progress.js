// Keeps the progress of an export up to date, until it has ended.
import { again } from "./patience.js";

const said = document.querySelector("#said");
const isFinal = (status) => ["completed", "failed", "cancelled"].includes(status);
const FIRST_MS = 400, MOST_MS = 5000, TOLD_EVERY = 25;

export function follow(place) {
  let told = "";

  async function look(wait) {
    if (!place.isConnected) return;
    let next = wait;
    try {
      const answer = await fetch(place.dataset.source, { credentials: "same-origin" });
      if (answer.redirected || answer.status === 404) return location.reload();
      if (answer.ok) {
        const status = answer.headers.get("Export-Status");
        show(await answer.text());
        tell(status);
        if (isFinal(status)) return end();
      }
    } catch {
      next = MOST_MS; // the network is away: what is shown stays
    }
    again(look, next, MOST_MS);
  }

  function show(drawn) {
    const held = place.contains(document.activeElement) ? document.activeElement.value : null;
    place.innerHTML = drawn;
    if (held !== null) [...place.querySelectorAll("button")].find((each) => each.value === held)?.focus();
  }

  function tell(status) {
    // Not every row is worth a word: quarters, and whatever changes the status.
    const quarter = Math.floor((place.querySelector("progress")?.value ?? 0) / TOLD_EVERY);
    const now = `${status} ${status === "running" ? quarter : ""}`;
    if (now !== told) said.textContent = place.querySelector("[data-said]").textContent.replace(/\s+/g, " ").trim();
    told = now;
  }

  function end() {
    const file = place.querySelector("[data-file]");
    if (!file || !("download" in place.dataset)) return;
    history.replaceState(null, "", location.pathname); // asked for once
    delete place.dataset.download;
    file.click();
  }

  if (isFinal(place.dataset.status)) return end();
  document.querySelector("[data-reload]")?.remove();
  again(look, FIRST_MS, MOST_MS);
}

const place = document.querySelector("#progress");
if (place) follow(place);
