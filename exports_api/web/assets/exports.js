// Keeps the list of exports up to date while one of them waits or runs; what is ticked stays ticked.
import { again } from "./patience.js";

const place = document.querySelector("#exports");
const said = document.querySelector("#said");
const FIRST_MS = 800, MOST_MS = 8000;
const isLive = () => place.querySelector("table").dataset.live === "yes";

async function look(wait) {
  let next = wait;
  try {
    const answer = await fetch(place.dataset.source);
    if (answer.redirected) return location.reload();
    if (answer.ok) show(await answer.text());
  } catch {
    next = MOST_MS; // the network is away: what is shown stays
  }
  if (isLive()) again(look, next, MOST_MS);
  else said.textContent = "None of these exports waits or runs any more.";
}

function show(drawn) {
  const ticked = new Set([...place.querySelectorAll("input:checked")].map((each) => each.value));
  const held = place.contains(document.activeElement) ? document.activeElement : null;
  place.innerHTML = drawn;
  for (const each of place.querySelectorAll("input[name=job]")) each.checked = ticked.has(each.value);
  if (held?.value) [...place.querySelectorAll("input")].find((each) => each.value === held.value)?.focus();
  else if (held?.href) [...place.querySelectorAll("a")].find((each) => each.href === held.href)?.focus();
}

if (place && isLive()) again(look, FIRST_MS, MOST_MS);
