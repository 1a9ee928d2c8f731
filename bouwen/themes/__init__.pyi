from bouwen.themes.coders import CoderAgreement as CoderAgreement
from bouwen.themes.coders import coder_agreement as coder_agreement
from bouwen.themes.coders import coder_disagreements as coder_disagreements
from bouwen.themes.coefficients import cohen_kappa as cohen_kappa
from bouwen.themes.coefficients import gwet_ac1 as gwet_ac1
from bouwen.themes.coefficients import krippendorff_alpha as krippendorff_alpha
