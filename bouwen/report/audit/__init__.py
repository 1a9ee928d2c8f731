"""The auditor: what a book would publish -> what of it gives somebody away."""

from bouwen.report.audit.auditing import Audit, audit_pages
from bouwen.report.audit.printed import number_said
from bouwen.report.audit.rules import Leak, Leaking, refuse_leaks

__all__ = ["Audit", "Leak", "Leaking", "audit_pages", "number_said", "refuse_leaks"]
