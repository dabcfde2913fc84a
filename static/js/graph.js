// The map: what ties the one who is pointed at, and moving along the episodes without a new page.
// It listens on document, as the page around it may be replaced.
const still = matchMedia("(prefers-reduced-motion: reduce)");
const nodeOf = (target) => target.closest?.(".graph .node");

function point(node) {
  for (const chart of document.querySelectorAll(".graph .chart")) {
    const on = Boolean(node) && chart.contains(node);
    chart.classList.toggle("pointed", on);
    if (!on) continue;
    const near = new Set([node.dataset.node]);
    for (const strand of chart.querySelectorAll(".bond")) {
      const ends = strand.dataset.ends.split(" ");
      const lit = ends.includes(node.dataset.node) && strand.checkVisibility();
      strand.classList.toggle("lit", lit);
      if (lit) ends.forEach((end) => near.add(end));
    }
    for (const other of chart.querySelectorAll(".node")) other.classList.toggle("lit", near.has(other.dataset.node));
  }
}

document.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse") point(nodeOf(event.target) ?? nodeOf(document.activeElement));
});
document.addEventListener("focusin", (event) => point(nodeOf(event.target)));
document.addEventListener("focusout", (event) => { if (!event.relatedTarget) point(null); });

// Arrow keys walk from one to the next.
document.addEventListener("keydown", (event) => {
  const node = nodeOf(event.target);
  const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
  if (!node || !step) return;
  event.preventDefault();
  const all = [...node.closest(".chart").querySelectorAll(".node")];
  all[(all.indexOf(node) + step + all.length) % all.length].focus();
});

// Everybody glides from where they stood to where they stand.
const who = (node) => node.getAttribute("href").split("/")[2];
const place = (node) => node.transform.baseVal[0].matrix;

function places() {
  const nodes = [...document.querySelectorAll(".graph .node")];
  return new Map(nodes.map((node) => [`${node.closest(".chart").classList} ${who(node)}`, place(node)]));
}

function glide(before) {
  if (still.matches) return;
  for (const node of document.querySelectorAll(".graph .node")) {
    const then = before.get(`${node.closest(".chart").classList} ${who(node)}`);
    const now = place(node);
    const start = then ? { transform: `translate(${then.e - now.e}px, ${then.f - now.f}px)` } : { opacity: 0 };
    node.firstElementChild.animate([start, {}], { duration: 350, easing: "ease-out" });
  }
  for (const strands of document.querySelectorAll(".strands")) strands.animate([{ opacity: 0 }, {}], { duration: 350 });
}

let latest = 0;

async function show(form) {
  const asked = new URL(form.action);
  for (const [name, value] of new FormData(form)) if (value) asked.searchParams.set(name, value);
  const turn = ++latest;
  const response = await fetch(asked);
  const next = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("#map");
  if (turn !== latest) return; // a later one is under way
  if (!next) return location.assign(asked);
  const before = places();
  document.querySelector("#map").replaceWith(document.adoptNode(next));
  glide(before);
  history.replaceState(history.state, "", asked);
  for (const stop of form.querySelectorAll(".stops a")) {
    if (stop.textContent.match(/\d+/)[0] === form.elements.as_of.value) stop.setAttribute("aria-current", "true");
    else stop.removeAttribute("aria-current");
  }
}

document.addEventListener("input", (event) => {
  const form = event.target.closest(".map-form");
  if (form) show(form);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".map-form")) return;
  event.preventDefault();
  show(event.target);
});
document.addEventListener("click", (event) => {
  const stop = event.target.closest(".stops a");
  if (!stop || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const form = stop.closest("form");
  form.elements.as_of.value = new URL(stop.href).searchParams.get("as_of");
  show(form);
});
