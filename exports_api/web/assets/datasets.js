// Adds to each card how many rows there are and how new they are, a few at a time.
const AT_ONCE = 3;
const waiting = [...document.querySelectorAll("[data-extent]")];

async function tell() {
  for (let place = waiting.shift(); place; place = waiting.shift()) {
    try {
      const answer = await fetch(place.dataset.extent);
      if (answer.ok && !answer.redirected) place.innerHTML = await answer.text();
    } catch {
      return; // the network is away: the cards do without
    }
  }
}

for (let turn = 0; turn < AT_ONCE; turn++) tell();
