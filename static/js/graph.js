// The map of relations: highlights the ties of a character, and fetches the map of another episode into the page.
// Listeners are on document, because page.js may replace the part of the page that holds the map.
const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
const nodeOf = (target) => target.closest?.(".graph .node");

// Whether its kind of tie is shown.
const isShown = (tie) => document.getElementById(`bond-${tie.classList[1]}`)?.checked ?? true;

// Highlight this character and whoever has a tie with them, weaker ones too; without a node, highlight nothing.
function highlight(node) {
  for (const chart of document.querySelectorAll(".graph .chart")) {
    const hasNode = Boolean(node) && chart.contains(node);
    chart.classList.toggle("pointed", hasNode);
    if (!hasNode) continue;
    const neighbours = new Set([node.dataset.node]);
    for (const tie of chart.querySelectorAll(".bond")) {
      const ends = tie.dataset.ends.split(" ");
      const lit = ends.includes(node.dataset.node) && isShown(tie);
      tie.classList.toggle("lit", lit);
      if (lit) ends.forEach((end) => neighbours.add(end));
    }
    for (const other of chart.querySelectorAll(".node")) {
      other.classList.toggle("lit", neighbours.has(other.dataset.node));
    }
  }
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse") highlight(nodeOf(event.target) ?? nodeOf(document.activeElement));
});
document.addEventListener("focusin", (event) => highlight(nodeOf(event.target)));
document.addEventListener("focusout", (event) => { if (!event.relatedTarget) highlight(null); });

// The map is one stop for the Tab key: it keeps whoever had the focus last. Keys move on from there.
const rowOf = (link) => link.getBoundingClientRect().top;
const isLeft = (link) => link.querySelector("text").getAttribute("text-anchor") === "end";
const linksOf = (chart) => [...chart.querySelectorAll("a")].sort(
  (a, b) => isLeft(a) - isLeft(b) || rowOf(a) - rowOf(b),
);

document.addEventListener("focusin", (event) => {
  const link = event.target.closest?.(".graph .chart a");
  if (!link) return;
  for (const other of link.closest(".chart").querySelectorAll("a")) other.setAttribute("tabindex", other === link ? 0 : -1);
});
document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.(".graph .chart a");
  if (!link || event.ctrlKey || event.metaKey || event.altKey) return;
  const all = linksOf(link.closest(".chart"));
  const next = {
    ArrowDown: () => all[(all.indexOf(link) + 1) % all.length],
    ArrowUp: () => all.at(all.indexOf(link) - 1),
    ArrowRight: () => nearest(link, all, false),
    ArrowLeft: () => nearest(link, all, true),
    Home: () => all[0],
    End: () => all.at(-1),
  }[event.key]?.();
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// Whoever stands beside this one on the left or the right of the map.
function nearest(link, all, left) {
  const distance = (other) => Math.abs(rowOf(other) - rowOf(link));
  const side = all.filter((other) => isLeft(other) === left && other !== link);
  return side.reduce((best, other) => (distance(other) < distance(best) ? other : best), side[0] ?? link);
}

// Characters move from their old position to their new one.
const publicId = (node) => node.getAttribute("href").match(/of=(\w+)|characters\/(\w+)/)?.slice(1).join("");
const nodeKey = (node) => `${node.closest(".chart").classList[1]} ${publicId(node)}`;
const positionOf = (node) => node.transform.baseVal[0].matrix;

function currentPositions() {
  const nodes = [...document.querySelectorAll(".graph .node")];
  return new Map(nodes.map((node) => [nodeKey(node), positionOf(node)]));
}

function animateFrom(oldPositions) {
  if (reducedMotion.matches) return;
  for (const node of document.querySelectorAll(".graph .node")) {
    const old = oldPositions.get(nodeKey(node));
    const position = positionOf(node);
    const start = old ? { transform: `translate(${old.e - position.e}px, ${old.f - position.f}px)` } : { opacity: 0 };
    node.firstElementChild.animate([start, {}], { duration: 350, easing: "ease-out" });
  }
  for (const strands of document.querySelectorAll(".strands")) strands.animate([{ opacity: 0 }, {}], { duration: 350 });
}

let latestRequest = 0;

async function showMap(form) {
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) address.searchParams.set(name, value);
  const request = ++latestRequest;
  const response = await fetch(address);
  const shown = new DOMParser().parseFromString(await response.text(), "text/html");
  const next = shown.querySelector("#map");
  if (request !== latestRequest) return; // a later request is under way
  if (!next) return location.assign(address);
  const inWords = shown.querySelector("#map-episode")?.getAttribute("aria-valuetext");
  if (inWords) form.elements.as_of?.setAttribute("aria-valuetext", inWords);
  const oldPositions = currentPositions();
  document.querySelector("#map").replaceWith(document.adoptNode(next));
  // The bar says whether one is looking back, and to where.
  document.querySelector("#progress").replaceWith(document.adoptNode(shown.querySelector("#progress")));
  animateFrom(oldPositions);
  history.replaceState(history.state, "", address);
  for (const stop of form.querySelectorAll(".stops a")) {
    if (new URL(stop.href).searchParams.get("as_of") === form.elements.as_of.value) stop.setAttribute("aria-current", "true");
    else stop.removeAttribute("aria-current");
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest(".map-form");
  if (form) showMap(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".map-form")) return;
  event.preventDefault();
  showMap(event.target);
});
document.addEventListener("click", (event) => {
  const stop = event.target.closest(".stops a");
  if (!stop || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const form = stop.closest("form");
  form.elements.as_of.value = new URL(stop.href).searchParams.get("as_of");
  showMap(form);
});
