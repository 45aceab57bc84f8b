// Asks all parts whether they answer, while the rest of the page is looked at already.
const place = document.querySelector("#parts");
const ask = place.querySelector("[data-ask]");

if (ask) {
  ask.hidden = true;
  place.querySelector("[data-waiting]").hidden = false;
  try {
    const answer = await fetch(place.dataset.source);
    if (!answer.ok || answer.redirected) throw new Error(answer.status);
    place.innerHTML = await answer.text();
    document.querySelector("#said").textContent = "All parts were asked.";
  } catch {
    place.querySelector("[data-waiting]").hidden = true;
    ask.hidden = false;
  }
}
