import { oneLine } from "./markdown.js";

/** Licence ids the Hugging Face hub knows and a data set may carry. */
const HUB_LICENCES = new Set(
  `apache-2.0 mit bsd bsd-2-clause bsd-3-clause isc cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0 cc-by-4.0 cc-by-sa-3.0
  cc-by-sa-4.0 cc-by-nc-2.0 cc-by-nc-3.0 cc-by-nc-4.0 cc-by-nd-4.0 cc-by-nc-nd-3.0 cc-by-nc-nd-4.0 cc-by-nc-sa-2.0
  cc-by-nc-sa-3.0 cc-by-nc-sa-4.0 cdla-sharing-1.0 cdla-permissive-1.0 cdla-permissive-2.0 c-uda odc-by odbl pddl
  etalab-2.0 eupl-1.1 eupl-1.2 gpl-2.0 gpl-3.0 agpl-3.0 lgpl-2.1 lgpl-3.0 mpl-2.0 gfdl unlicense wtfpl openrail
  other unknown`.split(/\s+/),
);

/** The hub's licence fields: its own id, or `other` with a name. No licence in the recipe is `unknown`. */
export function licenceFields(licence: string | null): Readonly<Record<string, string>> {
  const said = oneLine(licence ?? "");
  if (said === "") return { license: "unknown" };
  const spelt = said.toLowerCase().replace(/\s+/g, "-");
  const id = spelt === "cc0" ? "cc0-1.0" : spelt;
  if (HUB_LICENCES.has(id)) return { license: id };
  const name = id
    .replace(/[^a-z0-9.]+/g, "-")
    .replace(/^[-.]+|[-.]+$/g, "")
    .slice(0, 60);
  const link = /^https?:\/\/[^\s"<>]+$/.test(said) ? { license_link: said } : {};
  return { license: "other", license_name: name === "" ? "stated-in-this-card" : name, ...link };
}
