"""What can be wrong with any page, whoever looks at it."""

from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, Route

AXE = (Path(__file__).parent / "vendor/axe-core-4.14.1/axe.min.js").read_text()
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const { hadRecentInput, value, sources } of list.getEntries())
    if (!hadRecentInput) window.shifts.push([value, sources.map(({ node }) => (node?.outerHTML ?? "").slice(0, 90))]);
}).observe({ type: "layout-shift", buffered: true });
"""
VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`against the policy: ${event.violatedDirective} ${event.blockedURI}`));
"""
# The boxes for choosing rows and a heading without words are of Django's admin itself.
RUN_AXE = """
async (rules) => {
  const ours = { exclude: [[".select2-container"], ["th.original"]] };
  const { violations } = await axe.run(ours, { resultTypes: ["violations"], ...(rules ? { runOnly: rules } : {}) });
  return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(" ")} ${node.html}`));
}
"""
# Links in running text are as high as their line; whatever else can be pressed has room for a thumb.
SMALL_TARGETS = """
() => [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")]
  .filter((it) => it.checkVisibility({ visibilityProperty: true }))
  .filter((it) => !it.closest(".visually-hidden, .trap, .skip, svg"))
  .filter((it) => !(it.localName === "a" && getComputedStyle(it).display === "inline"
    && it.parentElement.textContent.trim() !== it.textContent.trim()))
  .filter((it) => {
    const { width, height } = (it.closest("label") ?? it).getBoundingClientRect();
    return width > 1 && (height < 43.5 || width < 24);
  })
  .map((it) => it.outerHTML.slice(0, 120))
"""
DRAWN = """
document.fonts.ready.then(() => new Promise((done) =>
  requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))))
"""
COLOURS = ["color-contrast", "link-in-text-block"]
WITH, WITHOUT = "with JavaScript", "without JavaScript"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


def looks(first: Any, *others: Any) -> list[Any]:
    """Return the ways to look at a page as parameters of a test; the first is enough to see that a page is broken.

    The others are exhaustive.
    """
    return [first, *(pytest.param(other, marks=pytest.mark.laws) for other in others)]


def wait_for_typefaces(context: BrowserContext) -> None:
    """Let pages be drawn in their own typefaces alone: on a busy machine these come too late, and others are wider."""

    def serve(route: Route) -> None:
        sheet = route.fetch()
        route.fulfill(response=sheet, body=sheet.text().replace("font-display: optional", "font-display: block"))

    context.route("**/css/site*.css", serve)


def be(context: BrowserContext, site: str, *, episode: int, user: User | None = None) -> None:
    """Put the browser at an episode, signed in as the user if there is one."""
    cookies = {"progress": str(episode)}
    if user is not None:
        client = Client()
        client.force_login(user)
        cookies[settings.SESSION_COOKIE_NAME] = client.cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])


def settle(page: Page) -> None:
    """Until what has been loaded is drawn; a network at rest would be half a second more on each page."""
    page.wait_for_load_state("load")
    page.evaluate(DRAWN)


def watched(page: Page) -> list[str]:
    """All that the console of this page will say, and answers that come without the policy for content."""
    said: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        # That a page is not there, or a form not well, is what the browser says of our answer.
        is_an_answer = message.text.startswith("Failed to load resource") and message.location["url"] == page.url
        if message.type in ("error", "warning") and not is_an_answer:
            said.append(f"{page.url} says {message.text}")

    def look_for_policy(response: Response) -> None:
        is_ours = response.request.resource_type in ("document", "fetch", "xhr")
        if is_ours and "content-security-policy" not in response.headers:
            said.append(f"{response.url} has no policy")

    page.add_init_script(VIOLATIONS)
    page.on("console", listen)
    page.on("pageerror", lambda error: said.append(f"{page.url} fails: {error}"))
    page.on("response", look_for_policy)
    return said


def axe_findings(page: Page, *, rules: list[str] | None = None) -> list[str]:
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(AXE)
    return page.evaluate(RUN_AXE, rules)


def axe_findings_by_night(page: Page) -> list[str]:
    """Return what axe finds of colours in the dark scheme, without loading the page anew."""
    page.emulate_media(color_scheme="dark")
    findings = [f"dark {finding}" for finding in axe_findings(page, rules=COLOURS)]
    page.emulate_media(color_scheme="light")
    return findings


def unhandy(page: Page) -> set[str]:
    """On a screen of 390 pixels: what runs off it, and what is too small for a thumb."""
    found = {f"too small: {target}" for target in page.evaluate(SMALL_TARGETS)}
    if page.evaluate("document.documentElement.scrollWidth") > 390:
        found.add("runs off the side")
    return found


def restless(page: Page) -> set[str]:
    """Return what moved while the page was drawn; `SHIFTS` has to have been there from the start."""
    shifts: list[tuple[float, list[str]]] = page.evaluate("window.shifts")
    moved = sum(value for value, _ in shifts)
    return {f"shifts by {moved:.3f}: {shifts}"} if moved >= 0.02 else set()
