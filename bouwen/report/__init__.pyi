from bouwen.report.telling import tell as tell
