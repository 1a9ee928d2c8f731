from bouwen.report.line import report_line as report_line
from bouwen.report.telling import tell as tell
