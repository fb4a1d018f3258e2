/** Small tools for building pages; text always goes in as text, never as markup. */
export const byId = (id) => document.getElementById(id)

export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children)
}

export function svg(name, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children)
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value))
  node.append(...children.map((child) => (child instanceof Node ? child : String(child))))
  return node
}
