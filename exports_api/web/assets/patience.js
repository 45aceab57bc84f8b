// Has a page ask again: sooner at first, less often later, and not at all while nobody looks at it.
const GROWTH = 1.3;

export function again(look, wait, most) {
  const next = Math.min(wait * GROWTH, most);
  setTimeout(async () => {
    await seen();
    look(next);
  }, next);
}

function seen() {
  if (!document.hidden) return null;
  return new Promise((done) => {
    document.addEventListener("visibilitychange", function look() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    });
  });
}
