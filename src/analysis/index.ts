export { measureModels } from "./measure-models.js";
export type { MetricColumns, ModelScores, ModelTable } from "./model-scores.js";
export { signatureSentence, tableCsv, tableText } from "./model-table-text.js";
export type { ReportCell, ReportData, ReportModel, ReportPicture } from "./report-data.js";
export { renderReport } from "./report-page.js";
