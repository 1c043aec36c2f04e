// Elements. Whatever comes from the scheduler becomes text here, never markup.

export const byId = (id) => document.getElementById(id);

/** An element with attributes and children; a child that is no node becomes text. */
export function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** Sets the text only where it differs, so that selections and screen readers are left in peace. */
export function say(element, text) {
  if (element.textContent !== String(text)) element.textContent = text;
}

/**
 * Makes the children of `list` those of `items`, in their order. What is there already stays, with its focus; `make(item)` gives a new one and
 * `update(child, item)` brings each up to date.
 */
export function showRows(list, items, keyOf, make, update) {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]));
  const wanted = items.map((item) => {
    const key = keyOf(item);
    const child = old.get(key) ?? make(item);
    child.dataset.key = key;
    old.delete(key);
    update(child, item);
    return child;
  });
  for (const child of old.values()) child.remove();
  let at = list.firstElementChild;
  for (const child of wanted) {
    if (child === at) at = at.nextElementSibling;
    else list.insertBefore(child, at);
  }
}

/** A button that asks for a second press where the first would do harm. */
export function onPress(button, work) {
  let timer = 0;
  const label = button.textContent;
  const calm = () => {
    clearTimeout(timer);
    timer = 0;
    button.classList.remove("sure");
    say(button, label);
  };
  button.addEventListener("click", () => {
    if (button.dataset.sure && !timer) {
      button.classList.add("sure");
      say(button, button.dataset.sure);
      timer = setTimeout(calm, 5000);
      return;
    }
    if (button.dataset.sure) calm();
    work();
  });
}

/** "12 s", "5 min", "3 h", "2 d". */
export function span(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 100) return `${s} s`;
  if (s < 5400) return `${Math.round(s / 60)} min`;
  if (s < 129600) return `${Math.round(s / 3600)} h`;
  return `${Math.round(s / 86400)} d`;
}

export const ago = (ms) => (ms ? `${span(Date.now() - ms)} ago` : "");
