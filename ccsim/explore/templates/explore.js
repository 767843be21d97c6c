"use strict";
// What has to be scrolled can be reached by the keyboard.
function reachable() {
  for (const box of document.querySelectorAll(".scroll, .levers, .found")) {
    if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  }
}
addEventListener("resize", reachable);
addEventListener("toggle", reachable, true);
let waiting = 0;
new MutationObserver(() => {
  if (!waiting) waiting = setTimeout(() => { waiting = 0; reachable(); }, 200);
}).observe(document.body, { childList: true, subtree: true });
