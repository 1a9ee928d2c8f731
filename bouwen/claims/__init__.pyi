from bouwen.claims.weighing import VERDICTS as VERDICTS
from bouwen.claims.weighing import claim_label as claim_label
from bouwen.claims.weighing import claim_verdicts as claim_verdicts
from bouwen.claims.weighing import variable_label as variable_label
from bouwen.claims.weighing import weigh_claims as weigh_claims
