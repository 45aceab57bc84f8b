"""Reports: plain data becomes a document, a workbook or a page."""
