from bouwen.twin.expectation import ImpliedAnswers as ImpliedAnswers
from bouwen.twin.expectation import implied as implied
from bouwen.twin.population import Population as Population
from bouwen.twin.population import read_population as read_population
from bouwen.twin.simulation import SimulationError as SimulationError
from bouwen.twin.simulation import simulate as simulate
from bouwen.twin.simulation import simulate_file as simulate_file
