from bouwen.questionnaire.sending import FORMATS as FORMATS
from bouwen.questionnaire.sending import write_questionnaire as write_questionnaire
