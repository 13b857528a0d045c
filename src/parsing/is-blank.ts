/** Whether a text is nothing but white space. */
export function isBlank(text: string): boolean {
  return text.trimStart() === "";
}
