// Compares a file with the fingerprint of a receipt, without sending it anywhere.
const input = document.querySelector("#file");
const verdict = document.querySelector("#verdict");
const wanted = document.querySelector("#sha256")?.textContent;

async function compare() {
  const [file] = input.files;
  if (!file) return;
  verdict.className = "notice";
  verdict.textContent = "Reading …";
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  const found = [...new Uint8Array(digest)].map((each) => each.toString(16).padStart(2, "0")).join("");
  verdict.className = found === wanted ? "notice good" : "notice bad";
  verdict.textContent = found === wanted
    ? "Yes: this is the file, to the last byte."
    : "No: this is another file, or it was changed since.";
}

// Browsers hash only where the page came by HTTPS, or from this very machine.
if (wanted && globalThis.crypto?.subtle) {
  document.querySelector("[data-scripted]").hidden = false;
  input.addEventListener("change", compare);
}
