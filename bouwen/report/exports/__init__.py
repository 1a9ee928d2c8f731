"""A book -> documents, tables and results to take away."""

from bouwen.report.exports.contents import Document, document_of
from bouwen.report.exports.exporting import EXPORT_FORMATS, export_book

__all__ = ["EXPORT_FORMATS", "Document", "document_of", "export_book"]
