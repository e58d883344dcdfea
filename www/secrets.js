// Fields in which a secret is typed or shown, marked by `data-secret`. A secret stays in one only while it is needed.

/**
 * Empties the fields below this node, and tells each by an event `forgotten`.
 *
 * @param {ParentNode} [root]
 */
export function forgetSecrets(root = document) {
  for (const field of root.querySelectorAll("[data-secret]")) {
    if (field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) field.value = "";
    else field.replaceChildren();
    field.dispatchEvent(new Event("forgotten"));
  }
}
