export type { ReportCell, ReportData, ReportModel, ReportPicture } from "./report-data.js";
export { renderReport } from "./report-page.js";
