from bouwen.questionnaire.following import follow_study as follow_study
from bouwen.questionnaire.sending import FORMATS as FORMATS
from bouwen.questionnaire.sending import write_questionnaire as write_questionnaire
from bouwen.questionnaire.xlsform import with_fixed_dates as with_fixed_dates
