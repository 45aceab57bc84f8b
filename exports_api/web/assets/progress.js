// Keeps the progress of an export up to date: asks soon at first, less often later, and stops at the end.
const place = document.querySelector("#progress");
const isFinal = (status) => ["completed", "failed", "cancelled"].includes(status);
const FIRST_MS = 500, MOST_MS = 5000;

async function look(wait) {
  let next = wait * 1.3;
  try {
    const answer = await fetch(place.dataset.source, { credentials: "same-origin" });
    if (answer.redirected || answer.status === 404) return location.reload();
    if (answer.ok) {
      const status = answer.headers.get("Export-Status");
      place.innerHTML = await answer.text();
      if (isFinal(status)) return location.reload(); // for the buttons that fit the end
    }
  } catch {
    next = MOST_MS; // the network is away: what is shown stays
  }
  setTimeout(() => look(Math.min(next, MOST_MS)), Math.min(next, MOST_MS));
}

if (place && !isFinal(place.dataset.status)) {
  document.querySelector("[data-reload]")?.remove();
  setTimeout(() => look(FIRST_MS), FIRST_MS);
}
