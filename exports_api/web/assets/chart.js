// Draws the charts of a page from their specifications, in its colours; what a mark says and where it leads is in the table.
const COLOURS = { // of the documents' theme, and the tokens that stand for them on a page
  "#1F2933": "--ink", "#5A6572": "--muted", "#D5DAE0": "--rule", "white": "--page",
  "#0072B2": "--series-1", "#E69F00": "--series-2", "#2E343B": "--series-3", "#009E73": "--series-4",
  "#56B4E9": "--series-5", "#D55E00": "--series-6", "#F0E442": "--series-7", "#CC79A7": "--series-8",
};
const SCALE = 1.3; // from the letters of a document to those of a page
const NARROW_PX = 420; // of the drawing before it is scaled
const DATE_PX = 60; // that a date below an axis takes, with some room
const LETTER_PX = 5.2;
const LEAST_CONTRAST = 3; // of what is drawn with the page
const LATER_MS = 150;
const charts = [...document.querySelectorAll("[data-chart]")].map((figure) => ({
  figure, place: figure.querySelector(".drawing"), tip: figure.querySelector(".tip"), numbers: figure.querySelector("details"),
}));

function coloured(part) {
  const style = getComputedStyle(document.documentElement);
  const exchanged = (_, value) => (typeof value === "string" && COLOURS[value] ? style.getPropertyValue(COLOURS[value]).trim() : value);
  return JSON.parse(JSON.stringify(part), exchanged);
}

// A colour of the house's own is known for light paper: on a dark page it is mixed with that of letters until it is seen.
function seen(colour) {
  if (COLOURS[colour]) return colour;
  const style = getComputedStyle(document.documentElement);
  const [page, ink] = ["--page", "--ink"].map((token) => parsed(style.getPropertyValue(token).trim()));
  for (let share = 0; share <= 1; share += 0.1) {
    const mixed = parsed(colour).map((part, place) => Math.round(part + (ink[place] - part) * share));
    if (contrast(mixed, page) >= LEAST_CONTRAST) return `rgb(${mixed.join(" ")})`;
  }
  return colour;
}

const parsed = (colour) => [1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16));

function contrast(one, other) { // WCAG 2.2
  const light = (colour) => colour
    .map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, place) => sum + part * [0.2126, 0.7152, 0.0722][place], 0.05);
  const [dark, bright] = [light(one), light(other)].sort((a, b) => a - b);
  return bright / dark;
}

const cellOf = ({ numbers }, datum) => {
  const row = numbers.querySelector("tbody").rows[datum.category];
  return { row, cell: row?.cells[(datum.series ?? 0) + 1], head: numbers.querySelector("thead").rows[0].cells[(datum.series ?? 0) + 1] };
};

function specified({ figure, place, numbers }) {
  const spec = JSON.parse(figure.dataset.chart);
  spec.encoding.color.scale.range = spec.encoding.color.scale.range.map(seen);
  for (const part of ["encoding", "layer", "config"]) spec[part] = coloured(spec[part]); // names are left as they are
  spec.width = Math.floor(place.clientWidth / SCALE);
  const legend = spec.encoding.color.legend;
  if (legend?.columns) {
    const names = spec.params.find((param) => param.name === "keys").value;
    const widest = Math.max(...names.flat().map((name) => name.length)) * LETTER_PX + 40;
    legend.columns = Math.max(1, Math.min(names.length, Math.floor(spec.width / widest)));
  }
  const isPie = spec.layer.some((layer) => layer.mark.type === "arc");
  if (isPie && spec.width < NARROW_PX) {
    spec.layer = spec.layer.filter((layer) => layer.mark.type === "arc");
    spec.height += 40;
    Object.assign(legend, { orient: "bottom", direction: "vertical" });
  }
  const leads = numbers.querySelector("tbody a") !== null;
  for (const { mark, encoding } of spec.layer) {
    if (encoding.x?.type === "ordinal" && encoding.x.axis) encoding.x.axis.labelFlush = spec.width / numbers.querySelectorAll("tbody tr").length;
    if (encoding.x?.type === "temporal") Object.assign(encoding.x.axis, { tickCount: Math.min(6, Math.floor(spec.width / DATE_PX)), format: dates(navigator.language) });
    if (["bar", "arc", "point"].includes(mark.type)) Object.assign(mark, { tooltip: true }, leads ? { cursor: "pointer" } : {});
  }
  return spec;
}

function dates(language) {
  const parts = new Intl.DateTimeFormat(language, { day: "numeric", month: "short" }).formatToParts();
  const day = parts.find(({ type }) => type === "day" || type === "month").type === "day" ? "%-d %b" : "%b %-d";
  return { year: "%Y", quarter: "%b %Y", month: "%b %Y", week: day, date: day, hours: "%H:%M", minutes: "%H:%M" };
}

function words(language) {
  const parts = new Intl.NumberFormat(language).formatToParts(1234567.8);
  const sign = (type) => parts.find((part) => part.type === type)?.value ?? "";
  const named = (count, field, width, at) => Array.from({ length: count }, (_, place) =>
    new Intl.DateTimeFormat(language, { [field]: width, timeZone: "UTC" }).format(at(place)));
  const month = (place) => Date.UTC(2026, place, 1), day = (place) => Date.UTC(2026, 1, 1 + place);
  return {
    formatLocale: { decimal: sign("decimal"), thousands: sign("group"), grouping: [3], currency: ["", ""] },
    timeFormatLocale: {
      dateTime: "%x, %X", date: "%x", time: "%X", periods: ["AM", "PM"],
      days: named(7, "weekday", "long", day), shortDays: named(7, "weekday", "short", day),
      months: named(12, "month", "long", month), shortMonths: named(12, "month", "short", month),
    },
  };
}

function told(chart, event, item, value) {
  const { tip, figure } = chart;
  const { row, cell, head } = value && item?.datum ? cellOf(chart, item.datum) : {};
  tip.hidden = !cell;
  if (!cell) return;
  tip.textContent = [row.cells[0].textContent.trim(), `${head.textContent.trim()}: ${cell.textContent.trim()}`].join(" · ");
  const box = figure.getBoundingClientRect();
  tip.style.left = `${Math.min(event.clientX - box.left + 12, box.width - tip.offsetWidth)}px`;
  tip.style.top = `${event.clientY - box.top + 16}px`;
}

async function draw(chart) {
  const { place } = chart;
  chart.width = place.clientWidth;
  chart.view?.finalize();
  const { view } = await window.vegaEmbed(place, specified(chart), {
    mode: "vega-lite", ast: true, actions: false, renderer: "svg", defaultStyle: false, ...words(navigator.language),
    tooltip: (_, event, item, value) => told(chart, event, item, value),
  });
  chart.view = view;
  view.addEventListener("click", (_, item) => {
    const { row, cell } = item?.datum ? cellOf(chart, item.datum) : {};
    const link = cell?.querySelector("a") ?? row?.querySelector("a");
    if (link) location.assign(link.href);
  });
  place.querySelector("svg").setAttribute("aria-hidden", "true");
}

function giveUp({ place, numbers }) {
  place.hidden = true;
  numbers.open = true;
}

async function drawAll() {
  for (const chart of charts) await draw(chart).catch(() => giveUp(chart));
}

function wait({ place, numbers }) {
  place.hidden = false;
  place.textContent = "Drawing…";
  numbers.open = false;
}

if (charts.length) {
  charts.forEach(wait);
  try {
    await import(charts[0].figure.dataset.drawer);
    await drawAll();
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
    let timer;
    addEventListener("resize", () => {
      clearTimeout(timer);
      timer = setTimeout(() => charts.forEach((chart) => chart.width === chart.place.clientWidth || draw(chart).catch(() => giveUp(chart))), LATER_MS);
    });
  } catch {
    charts.forEach(giveUp);
  }
}
